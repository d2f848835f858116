"""The real network service on SQLite, with a switch in memory that can be told to misbehave."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bessemer.bus.memory import MemoryBus
from bessemer.context import admin_context
from bessemer.db.engine import open_database
from bessemer.db.upgrade import upgrade
from bessemer.json_types import JsonObject
from bessemer.network.domain.network import Network
from bessemer.network.domain.port import Port
from bessemer.network.operations.networks import NewNetwork, create_network
from bessemer.network.public import DhcpOption, PortSpec
from bessemer.network.service import EmbeddedNetwork
from bessemer.network.settings import NetworkSettings, SwitchSettings
from bessemer.network.store import ports as port_store
from bessemer.network.switches.fake import FakeSwitch

SWITCH_ID = "0a:00:00:00:00:01"
PARKED = 4094


@dataclass(frozen=True, slots=True)
class NetworkOfTest:
    """A running network service and what hangs on it."""

    service: EmbeddedNetwork
    switch: FakeSwitch
    networks: dict[str, Network]

    def vlan_of(self, name: str) -> int | None:
        """Of a network."""
        return self.networks[name].segment.vlan

    async def new_vif(self, network: str = "tenant") -> str:
        """A tenant's port with a MAC of its own."""
        spec = PortSpec(network_id=self.networks[network].id)
        return (await self.service.create_port(admin_context(), spec)).id

    async def profile_of(self, vif: str) -> JsonObject:
        """The `binding:profile` of a network port, whole."""
        return (await self.stored(vif)).profile

    async def dhcp_options_of(self, vif: str) -> tuple[DhcpOption, ...]:
        """What DHCP says to it beside the address."""
        return (await self.stored(vif)).dhcp_options

    async def stored(self, vif: str) -> Port:
        """All that the network service knows of it."""
        async with self.service.means.database.read() as connection:
            found = await port_store.find(connection, vif)
        assert found is not None
        return found

    async def ports_on(self, network: str) -> list[str]:
        """MACs of the network's ports."""
        found = await self.service.list_ports(admin_context(), network_id=self.networks[network].id)
        return sorted(port.mac_address for port in found)


@asynccontextmanager
async def network_service(
    folder: Path, switch_ports: tuple[str, ...]
) -> AsyncIterator[NetworkOfTest]:
    """With networks provisioning, cleaning, inspection and tenant, and one switch."""
    database = open_database(f"sqlite+aiosqlite:///{folder}/network.db")
    await upgrade(database)
    tor = SwitchSettings(driver="fake", switch_id=SWITCH_ID, parked_vlan=PARKED)
    settings = NetworkSettings(
        switches={"tor": tor}, dhcp="none", resync_interval=timedelta(seconds=0.2)
    )
    bus = MemoryBus()
    service = EmbeddedNetwork(database, bus, settings, folder)
    switch = service.means.switches["tor"].driver
    assert isinstance(switch, FakeSwitch)
    switch.vlans = dict.fromkeys(switch_ports, PARKED)
    names = ("provisioning", "cleaning", "inspection", "tenant", "tenant2")
    networks = {name: await create_network(service.means, NewNetwork(name=name)) for name in names}
    await service.start()
    try:
        yield NetworkOfTest(service, switch, networks)
    finally:
        await service.stop()
        await bus.close()
        await database.close()
