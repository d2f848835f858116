"""A small network service in memory: networks, ports with addresses, no switches."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from uuid import uuid4

from bessemer.context import RequestContext
from bessemer.errors import NotFound
from bessemer.network.public import (
    Binding,
    DhcpOption,
    FixedIp,
    LocalLink,
    NetworkView,
    PortSpec,
    PortStatus,
    PortView,
    SubnetView,
)


def a_network(name: str, third: int = 1, **subnet: object) -> NetworkView:
    values: dict[str, object] = {
        "id": str(uuid4()),
        "cidr": f"10.0.{third}.0/24",
        "gateway_ip": f"10.0.{third}.1",
        "enable_dhcp": True,
        "dns_nameservers": ("10.9.9.9",),
    }
    view = SubnetView(**(values | subnet))  # type: ignore[arg-type]
    return NetworkView(str(uuid4()), name, 100 + third, 1500, (view,))


class SimulatedNetwork:
    """Implements NetworkService."""

    def __init__(self, networks: Iterable[NetworkView]) -> None:
        self.networks = {network.id: network for network in networks}
        self.ports: dict[str, PortView] = {}
        self.made = 0

    async def get_network(self, context: RequestContext, ident: str) -> NetworkView:
        for network in self.networks.values():
            if ident in (network.id, network.name):
                return network
        raise NotFound(f"Network {ident} could not be found.")

    async def create_port(self, context: RequestContext, spec: PortSpec) -> PortView:
        network = self.networks[spec.network_id]
        self.made += 1
        fixed = tuple(
            FixedIp(subnet.id, str(ip_network(subnet.cidr)[9 + self.made]))
            for subnet in network.subnets
        )
        port = PortView(
            id=str(uuid4()),
            network_id=network.id,
            mac_address=spec.mac_address or f"fa:16:3e:00:00:{self.made:02x}",
            status=PortStatus.DOWN,
            fixed_ips=fixed,
            device_id=spec.device_id,
            links=spec.links,
        )
        self.ports[port.id] = port
        return port

    async def get_port(self, context: RequestContext, port_id: str) -> PortView:
        if port_id not in self.ports:
            raise NotFound(f"Port {port_id} could not be found.")
        return self.ports[port_id]

    async def list_ports(
        self,
        context: RequestContext,
        *,
        device_id: str | None = None,
        network_id: str | None = None,
    ) -> list[PortView]:
        return [
            port
            for port in self.ports.values()
            if device_id in (None, port.device_id) and network_id in (None, port.network_id)
        ]

    async def bind_port(self, context: RequestContext, port_id: str, binding: Binding) -> PortView:
        self.ports[port_id] = replace(await self.get_port(context, port_id), links=binding.links)
        return self.ports[port_id]

    async def unbind_port(self, context: RequestContext, port_id: str) -> None:
        self.ports[port_id] = replace(await self.get_port(context, port_id), links=())

    async def set_mac_address(
        self, context: RequestContext, port_id: str, mac_address: str | None
    ) -> PortView:
        port = await self.get_port(context, port_id)
        self.ports[port_id] = replace(port, mac_address=mac_address or port.mac_address)
        return self.ports[port_id]

    async def set_dhcp_options(
        self, context: RequestContext, port_id: str, options: tuple[DhcpOption, ...]
    ) -> None:
        await self.get_port(context, port_id)

    async def delete_port(self, context: RequestContext, port_id: str) -> None:
        self.ports.pop(port_id, None)

    async def wait_until_active(self, port_id: str, timeout: timedelta) -> PortView:
        return self.ports[port_id]

    async def wait_until_unplugged(self, links: tuple[LocalLink, ...], timeout: timedelta) -> None:
        return None
