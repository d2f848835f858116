"""Builders for tests of the network room: a room, its networks, its links."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from bessemer.bus.bus import Bus
from bessemer.bus.memory import MemoryBus
from bessemer.context import admin_context
from bessemer.db.engine import Database
from bessemer.network.domain.addresses import Pool
from bessemer.network.domain.network import Network
from bessemer.network.domain.segment import NetworkType
from bessemer.network.operations.networks import NewNetwork, create_network
from bessemer.network.operations.subnets import NewSubnet, create_subnet
from bessemer.network.operations.waiting import Signal, wait_for
from bessemer.network.public import LocalLink, PortSpec, PortView
from bessemer.network.service import EmbeddedNetwork
from bessemer.network.settings import NetworkSettings
from bessemer.network.switches.fake import FakeSwitch
from bessemer.network.switches.registry import Switch

ADMIN = admin_context()
SOON = timedelta(seconds=20)
SWITCH_ID = "02:00:00:00:00:01"


def a_link(port: str) -> LocalLink:
    """A cable to a port of the only switch."""
    return LocalLink(SWITCH_ID, port, "tor")


@asynccontextmanager
async def a_room(
    database: Database, settings: NetworkSettings, folder: Path, bus: Bus | None = None
) -> AsyncIterator[EmbeddedNetwork]:
    """A started room, stopped at the end."""
    room = EmbeddedNetwork(database, bus or MemoryBus(), settings, folder)
    await room.start()
    try:
        yield room
    finally:
        await room.stop()


async def a_network(
    room: EmbeddedNetwork,
    name: str,
    vlan: int,
    gateway: str | None = None,
    pools: tuple[Pool, ...] = (),
) -> Network:
    """A VLAN network with the subnet 10.<vlan>.0.0/24."""
    wish = NewNetwork(name=name, network_type=NetworkType.VLAN, segmentation_id=vlan)
    network = await create_network(room.means, wish)
    subnet = NewSubnet(network.id, IPv4Network(f"10.{vlan}.0.0/24"), pools=pools)
    if gateway is not None:
        subnet = replace(subnet, gateway=IPv4Address(gateway), gateway_was_named=True)
    await create_subnet(room.means, ADMIN, subnet)
    return network


async def a_plugged_port(
    room: EmbeddedNetwork, network: Network, link: str, mac: str | None = None
) -> PortView:
    """A port on a switch port, in force."""
    spec = PortSpec(network.id, mac_address=mac, links=(a_link(link),), host_id="node")
    port = await room.create_port(ADMIN, spec)
    return await room.wait_until_active(port.id, SOON)


def fake_of(room: EmbeddedNetwork) -> FakeSwitch:
    """The switch in memory, whose faults a test sets."""
    switch: Switch = room.means.switches["tor"]
    assert isinstance(switch.driver, FakeSwitch)
    return switch.driver


async def eventually(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Poll, with a deadline, for what no event tells of."""

    async def look() -> bool | None:
        return True if await is_so() else None

    assert await wait_for(Signal(), look, SOON, timedelta(milliseconds=20)), "it never was so"
