"""What the DHCP server of one network is to do, as a value; computed from the stored nouns."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Network

from bessemer.network.domain.addresses import Pool
from bessemer.network.domain.network import Network
from bessemer.network.domain.port import Port
from bessemer.network.domain.subnet import Subnet
from bessemer.network.public import DhcpOption
from bessemer.network.settings import LentAddresses, NetworkSettings


@dataclass(frozen=True, slots=True)
class Host:
    """One port to which the server answers."""

    port_id: str
    mac_address: str
    ip_address: str
    options: tuple[DhcpOption, ...]


@dataclass(frozen=True, slots=True)
class Lent:
    """Addresses of a subnet for machines without a port, and the script that their iPXE loads."""

    subnet: Subnet
    pool: Pool
    boot_script: str


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
    lent: Lent | None = None
    complaints: tuple[str, ...] = ()
    """What of the settings could not be followed."""

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
    asked = settings.unknown_machines.get(network.name) if own else None
    lent = _lent(asked, tuple(served.values())) if asked is not None else None
    return DhcpPlan(
        network_id=network.id,
        interface=settings.host_interface.format(vlan=network.segment.vlan),
        namespace=None if own else namespace_of(network.id),
        subnets=tuple(subnets),
        hosts=tuple(host for port in ports for host in _hosts(port, served)),
        mtu=network.mtu,
        lease_time=settings.dhcp_lease_time,
        lent=lent,
        complaints=() if asked is None or lent is not None else (_cannot_lend(network, asked),),
    )


def _lent(asked: LentAddresses, subnets: Sequence[Subnet]) -> Lent | None:
    """None where no subnet has these addresses to spare: a port may get one at any time."""
    pool = Pool(asked.first, asked.last)
    for subnet in subnets:
        at_hand = asked.first <= asked.last and all(
            address in subnet.cidr for address in (asked.first, asked.last)
        )
        taken = any(address in pool for address in subnet.reserved) or any(
            pool.start <= other.end and other.start <= pool.end for other in subnet.pools
        )
        if at_hand and not taken:
            script = asked.boot_script.replace("{address}", str(subnet.service_address))
            return Lent(subnet, pool, script)
    return None


def _cannot_lend(network: Network, asked: LentAddresses) -> str:
    return (
        f"Setting network.unknown_machines: {asked.first} to {asked.last} are not lent to unknown "
        f"machines, since network {network.name} has no subnet with DHCP that holds all of them "
        "outside its allocation pools (`openstack subnet create --allocation-pool …`)."
    )


def _hosts(port: Port, served: Mapping[str, Subnet]) -> Sequence[Host]:
    options = tuple(option for option in port.dhcp_options if option.ip_version == 4)
    return [
        Host(port.id, port.mac_address, ip.ip_address, options)
        for ip in port.fixed_ips
        if ip.subnet_id in served
    ]
