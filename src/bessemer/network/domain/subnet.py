"""A subnet: the addresses of a network, and what DHCP says about them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network

from bessemer.network.domain.addresses import Pool, default_pools, first_free
from bessemer.network.domain.errors import IpAddressGenerationFailure


@dataclass(frozen=True, slots=True)
class HostRoute:
    """A route handed out by DHCP (RFC 3442)."""

    destination: str
    nexthop: str


@dataclass(frozen=True, slots=True)
class Subnet:
    """As stored. `service_address` is the cloud's own address here; see `choose_service_address`."""

    id: str
    network_id: str
    name: str
    project_id: str
    cidr: IPv4Network
    gateway_ip: IPv4Address | None
    pools: tuple[Pool, ...]
    created_at: datetime
    updated_at: datetime
    description: str = ""
    enable_dhcp: bool = True
    service_address: IPv4Address | None = None
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[HostRoute, ...] = ()
    revision: int = 1

    @property
    def reserved(self) -> frozenset[IPv4Address]:
        """Addresses that no port may have."""
        return frozenset(a for a in (self.gateway_ip, self.service_address) if a is not None)


def choose_service_address(
    subnet: Subnet, gateway_was_named: bool, taken: Collection[IPv4Address]
) -> IPv4Address:
    """The cloud's own address in the subnet (DHCP, TFTP, ramdisk listener).

    A gateway that the operator named is a router that exists already, so the cloud takes the
    lowest free address beside it. A gateway that nobody named is the cloud itself.
    Raises IpAddressGenerationFailure when the subnet is full.
    """
    if subnet.gateway_ip is not None and not gateway_was_named:
        return subnet.gateway_ip
    reserved = [subnet.gateway_ip] if subnet.gateway_ip else []
    address = first_free(default_pools(subnet.cidr, reserved), taken)
    if address is None:
        raise IpAddressGenerationFailure(
            f"The subnet {subnet.cidr} has no free address for its DHCP server."
        )
    return address


def allocate(subnet: Subnet, taken: Collection[IPv4Address]) -> IPv4Address:
    """The lowest free address for a port. Raises IpAddressGenerationFailure when none is left."""
    address = first_free(subnet.pools, {*taken, *subnet.reserved})
    if address is None:
        raise IpAddressGenerationFailure(
            f"The subnet {subnet.cidr} ({subnet.id}) has no free address; delete ports that are no "
            "longer needed, or add a subnet to the network."
        )
    return address
