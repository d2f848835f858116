"""Subnets: make, look up, change, delete."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.clock import now
from bessemer.context import RequestContext
from bessemer.errors import Forbidden
from bessemer.network.domain.addresses import Pool, checked_pools, default_pools, first_host
from bessemer.network.domain.errors import (
    InvalidInput,
    OverlappingSubnet,
    SubnetInUse,
    SubnetNotFound,
)
from bessemer.network.domain.network import Network
from bessemer.network.domain.subnet import HostRoute, Subnet, choose_service_address
from bessemer.network.operations.means import Means
from bessemer.network.operations.networks import find_network
from bessemer.network.operations.visibility import may_change, visible_subnets
from bessemer.network.store import dhcp, ports
from bessemer.network.store import networks as network_store
from bessemer.network.store import subnets as store
from bessemer.network.store.tables import subnets


@dataclass(frozen=True, slots=True)
class NewSubnet:
    """A subnet to make. `gateway` is an address, None for none, or `auto` for the first host."""

    network_id: str
    cidr: IPv4Network
    name: str = ""
    project_id: str = ""
    description: str = ""
    gateway: IPv4Address | None = None
    gateway_was_named: bool = False
    enable_dhcp: bool = True
    pools: tuple[Pool, ...] = ()
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[HostRoute, ...] = ()


async def create_subnet(means: Means, context: RequestContext, wish: NewSubnet) -> Subnet:
    """Raises NetworkNotFound, Forbidden, InvalidInput, OverlappingSubnet."""
    async with means.database.write() as connection:
        network = await find_network(connection, context, wish.network_id)
        if not may_change(context, network.project_id):
            raise Forbidden(f"Only the owner of network {network.id} may add subnets to it.")
        await dhcp.wish(connection, network.id)
        for other in await store.of_network(connection, network.id):
            if other.cidr.overlaps(wish.cidr):
                raise OverlappingSubnet(
                    f"The subnet {other.cidr} of this network overlaps {wish.cidr}."
                )
        subnet = _with_service_address(means, network, _subnet(wish), wish.gateway_was_named)
        await store.insert(connection, subnet)
    await means.nudge_dhcp(network.id)
    return subnet


async def find_subnet(
    connection: AsyncConnection, context: RequestContext, subnet_id: str
) -> Subnet:
    """By id, if visible. Raises SubnetNotFound."""
    found = await store.select(connection, [subnets.c.id == subnet_id, *visible_subnets(context)])
    if not found:
        raise SubnetNotFound(f"Subnet {subnet_id} could not be found.")
    return found[0]


async def update_subnet(
    means: Means, context: RequestContext, subnet_id: str, changes: Mapping[str, Any]
) -> Subnet:
    """Change attributes of a Subnet by name. Raises SubnetNotFound, Forbidden, InvalidInput."""
    async with means.database.write() as connection:
        subnet = await _own_subnet(connection, context, subnet_id)
        await dhcp.wish(connection, subnet.network_id)
        subnet = await _own_subnet(connection, context, subnet_id)  # as it is now that it is ours
        changed = replace(subnet, **changes, revision=subnet.revision + 1, updated_at=now())
        checked_pools(changed.cidr, changed.pools, changed.gateway_ip)
        taken = await ports.taken_addresses(connection, subnet_id)
        if changed.gateway_ip != subnet.gateway_ip and changed.gateway_ip in taken:
            raise InvalidInput(f"A port has the address {changed.gateway_ip}; take another.")
        if changed.enable_dhcp and changed.service_address is None:
            service = choose_service_address(changed, True, taken)
            changed = replace(changed, service_address=service)
        await store.update(connection, changed)
    await means.nudge_dhcp(changed.network_id)
    return changed


async def delete_subnet(means: Means, context: RequestContext, subnet_id: str) -> None:
    """Raises SubnetNotFound, Forbidden, SubnetInUse."""
    async with means.database.write() as connection:
        subnet = await _own_subnet(connection, context, subnet_id)
        await dhcp.wish(connection, subnet.network_id)
        subnet = await _own_subnet(connection, context, subnet_id)  # as it is now that it is ours
        used = await ports.taken_addresses(connection, subnet_id)
        if used:
            raise SubnetInUse(
                f"{len(used)} port(s) have addresses of subnet {subnet.cidr}; delete them first."
            )
        await store.delete(connection, subnet_id)
    await means.nudge_dhcp(subnet.network_id)


async def _own_subnet(
    connection: AsyncConnection, context: RequestContext, subnet_id: str
) -> Subnet:
    subnet = await find_subnet(connection, context, subnet_id)
    network = await network_store.find(connection, subnet.network_id)
    owners = {subnet.project_id, network.project_id if network else subnet.project_id}
    if not any(may_change(context, owner) for owner in owners):
        raise Forbidden(f"Only the owner of subnet {subnet_id} may change it.")
    return subnet


def _subnet(wish: NewSubnet) -> Subnet:
    moment = now()
    gateway = wish.gateway
    if gateway is None and not wish.gateway_was_named:
        gateway = first_host(wish.cidr)
    reserved = [gateway] if gateway is not None else []
    pools = wish.pools or default_pools(wish.cidr, reserved)
    return Subnet(
        id=str(uuid.uuid4()),
        network_id=wish.network_id,
        name=wish.name,
        project_id=wish.project_id,
        cidr=wish.cidr,
        gateway_ip=gateway,
        pools=checked_pools(wish.cidr, pools, gateway),
        created_at=moment,
        updated_at=moment,
        description=wish.description,
        enable_dhcp=wish.enable_dhcp,
        dns_nameservers=wish.dns_nameservers,
        host_routes=wish.host_routes,
    )


def _with_service_address(
    means: Means, network: Network, subnet: Subnet, gateway_was_named: bool
) -> Subnet:
    if not subnet.enable_dhcp and not means.is_infrastructure(network.name):
        return subnet
    service = choose_service_address(subnet, gateway_was_named, ())
    return replace(subnet, service_address=service)
