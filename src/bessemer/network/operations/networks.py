"""Networks: make, look up, change, delete."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.clock import now
from bessemer.context import RequestContext
from bessemer.db.locks import in_turn
from bessemer.errors import Conflict, Forbidden
from bessemer.network.domain.errors import (
    NetworkInUse,
    NetworkNotFound,
    NoNetworkAvailable,
    VlanIdInUse,
)
from bessemer.network.domain.network import Network
from bessemer.network.domain.segment import NetworkType, Segment, checked_segment, free_vlan
from bessemer.network.operations.means import Means
from bessemer.network.operations.visibility import may_change, visible_networks
from bessemer.network.store import dhcp, ports, subnets
from bessemer.network.store import networks as store
from bessemer.network.store.tables import networks


@dataclass(frozen=True, slots=True)
class NewNetwork:
    """A network to make. Without a type, a VLAN is picked from the setting `tenant_vlans`."""

    name: str = ""
    project_id: str = ""
    description: str = ""
    admin_state_up: bool = True
    shared: bool = False
    external: bool = False
    mtu: int = 1500
    network_type: NetworkType | None = None
    physical_network: str | None = None
    segmentation_id: int | None = None


async def create_network(means: Means, wish: NewNetwork) -> Network:
    """Raises InvalidInput, VlanIdInUse, NoNetworkAvailable."""
    async with means.database.write() as connection:
        segment = await _segment(means, connection, wish)
        moment = now()
        network = Network(
            id=str(uuid.uuid4()),
            name=wish.name,
            project_id=wish.project_id,
            segment=segment,
            mtu=wish.mtu,
            created_at=moment,
            updated_at=moment,
            description=wish.description,
            admin_state_up=wish.admin_state_up,
            shared=wish.shared,
            external=wish.external,
        )
        await store.insert(connection, network)
        await dhcp.insert(connection, network.id)
    return network


async def find_network(
    connection: AsyncConnection, context: RequestContext, network_id: str
) -> Network:
    """By id, if visible. Raises NetworkNotFound."""
    found = await store.select(
        connection, [networks.c.id == network_id, *visible_networks(context)]
    )
    if not found:
        raise NetworkNotFound(f"Network {network_id} could not be found.")
    return found[0]


async def resolve_network(
    connection: AsyncConnection, context: RequestContext, ident: str
) -> Network:
    """By id or name. Raises NetworkNotFound; Conflict when several have the name."""
    named = (networks.c.id == ident) | (networks.c.name == ident)
    found = await store.select(connection, [named, *visible_networks(context)])
    exact = [network for network in found if network.id == ident] or found
    if not exact:
        raise NetworkNotFound(f"Network {ident} could not be found.")
    if len(exact) > 1:
        ids = ", ".join(network.id for network in exact)
        raise Conflict(f"Several networks are named {ident}; give one of the ids: {ids}.")
    return exact[0]


async def update_network(
    means: Means, context: RequestContext, network_id: str, changes: Mapping[str, Any]
) -> Network:
    """Change attributes of a Network by name. Raises NetworkNotFound, Forbidden."""
    async with means.database.write() as connection:
        await _own_network(connection, context, network_id)
        await dhcp.wish(connection, network_id)
        network = await _own_network(connection, context, network_id)
        revision = network.revision + 1
        network = replace(network, **changes, revision=revision, updated_at=now())
        await store.update(connection, network)
    await means.nudge_dhcp(network_id)
    return network


async def delete_network(means: Means, context: RequestContext, network_id: str) -> None:
    """Remove with its subnets. Raises NetworkNotFound, Forbidden, NetworkInUse."""
    async with means.database.write() as connection:
        network = await _own_network(connection, context, network_id)
        await dhcp.wish(connection, network_id)  # locks out whoever makes a port on it now
        used = await ports.count(connection, network_id)
        if used:
            raise NetworkInUse(
                f"Network {network.name or network.id} still has {used} port(s); delete them first."
            )
        for subnet in await subnets.of_network(connection, network_id):
            await subnets.delete(connection, subnet.id)
        await dhcp.delete(connection, network_id)
        await store.delete(connection, network_id)
    await means.nudge_dhcp(network_id)


async def _own_network(
    connection: AsyncConnection, context: RequestContext, network_id: str
) -> Network:
    network = await find_network(connection, context, network_id)
    if not may_change(context, network.project_id):
        raise Forbidden(f"Network {network_id} is shared with you; only its owner may change it.")
    return network


async def _segment(means: Means, connection: AsyncConnection, wish: NewNetwork) -> Segment:
    physical = wish.physical_network or means.settings.physical_network
    await in_turn(connection, f"choose a VLAN of {physical}")
    if wish.network_type is None and wish.segmentation_id is None:
        return await _tenant_segment(means, connection, physical)
    segment = checked_segment(
        Segment(wish.network_type or NetworkType.VLAN, physical, wish.segmentation_id),
        means.parked_vlans,
    )
    other = await store.find_by_segment(connection, segment)
    if other is not None:
        raise VlanIdInUse(
            f"{str(segment).capitalize()} belongs to network {other.name or other.id} already."
        )
    return segment


async def _tenant_segment(means: Means, connection: AsyncConnection, physical: str) -> Segment:
    taken = await store.taken_vlans(connection, physical) | means.parked_vlans
    vlan = free_vlan(means.settings.tenant_vlans, taken)
    if vlan is None:
        raise NoNetworkAvailable(
            f"Every VLAN for tenants on {physical} is taken; delete a network, or widen the "
            "setting network.tenant_vlans."
        )
    return Segment(NetworkType.VLAN, physical, vlan)
