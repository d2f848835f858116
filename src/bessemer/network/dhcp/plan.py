"""What the DHCP server of one network is to do, as a value; computed from the stored nouns."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Network

from bessemer.network.domain.network import Network
from bessemer.network.domain.port import Port
from bessemer.network.domain.subnet import Subnet
from bessemer.network.public import DhcpOption
from bessemer.network.settings import NetworkSettings


@dataclass(frozen=True, slots=True)
class Host:
    """One port to which the server answers."""

    port_id: str
    mac_address: str
    ip_address: str
    options: tuple[DhcpOption, ...]


@dataclass(frozen=True, slots=True)
class DhcpPlan:
    """`namespace` None: the server's own network namespace, with TFTP (infrastructure networks)."""

    network_id: str
    interface: str
    namespace: str | None
    subnets: tuple[Subnet, ...]
    hosts: tuple[Host, ...]
    mtu: int
    lease_time: timedelta

    @property
    def served(self) -> tuple[Subnet, ...]:
        """The subnets that get DHCP."""
        return tuple(subnet for subnet in self.subnets if subnet.enable_dhcp)

    @property
    def service_addresses(self) -> tuple[str, ...]:
        """The interface's addresses, with prefix length."""
        return tuple(
            f"{subnet.service_address}/{subnet.cidr.prefixlen}"
            for subnet in self.subnets
            if subnet.service_address is not None
        )

    @property
    def router_prefix(self) -> IPv6Network | None:
        """A unique local prefix (RFC 4193) to advertise on the cloud's own networks.

        iPXE configures IPv6 before it goes on with an IPv4 boot, and waits 12 s for a router that
        never answers; one that answers at once costs nothing.
        """
        if self.namespace is not None:
            return None
        number = int(hashlib.sha256(self.network_id.encode()).hexdigest()[:10], 16)
        return IPv6Network(((0xFD << 120) | (number << 80), 64))

    @property
    def router_addresses(self) -> tuple[str, ...]:
        """The interface's IPv6 addresses, from which the prefix is advertised."""
        prefix = self.router_prefix
        return () if prefix is None else ("fe80::1/64", f"{prefix[1]}/64")


def namespace_of(network_id: str) -> str:
    """The network namespace of a network that is not the cloud's own."""
    return f"bessemer-net-{network_id[:8]}"


def make_plan(
    settings: NetworkSettings, network: Network, subnets: Sequence[Subnet], ports: Sequence[Port]
) -> DhcpPlan:
    """The plan for a network as stored."""
    own = network.name in settings.infrastructure
    served = {subnet.id: subnet for subnet in subnets if subnet.enable_dhcp}
    return DhcpPlan(
        network_id=network.id,
        interface=settings.host_interface.format(vlan=network.segment.vlan),
        namespace=None if own else namespace_of(network.id),
        subnets=tuple(subnets),
        hosts=tuple(host for port in ports for host in _hosts(port, served)),
        mtu=network.mtu,
        lease_time=settings.dhcp_lease_time,
    )


def _hosts(port: Port, served: Mapping[str, Subnet]) -> Sequence[Host]:
    options = tuple(option for option in port.dhcp_options if option.ip_version == 4)
    return [
        Host(port.id, port.mac_address, ip.ip_address, options)
        for ip in port.fixed_ips
        if ip.subnet_id in served
    ]
