"""Networks in the database."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.network.domain.network import Network
from bessemer.network.domain.segment import NetworkType, Segment
from bessemer.network.store.tables import networks

Where = Sequence[sa.ColumnElement[bool]]


async def insert(connection: AsyncConnection, network: Network) -> None:
    """Raises IntegrityError when the segment is taken."""
    await connection.execute(networks.insert().values(_values(network)))


async def update(connection: AsyncConnection, network: Network) -> None:
    """Store every attribute anew."""
    statement = networks.update().where(networks.c.id == network.id)
    await connection.execute(statement.values(_values(network)))


async def delete(connection: AsyncConnection, network_id: str) -> None:
    """Remove; nothing may refer to it any more."""
    await connection.execute(networks.delete().where(networks.c.id == network_id))


async def find(connection: AsyncConnection, network_id: str) -> Network | None:
    """By id."""
    found = await select(connection, [networks.c.id == network_id])
    return found[0] if found else None


async def select(connection: AsyncConnection, where: Where = ()) -> list[Network]:
    """Every network that meets the conditions, by name and id."""
    statement = sa.select(networks).where(*where).order_by(networks.c.name, networks.c.id)
    return [_network(row) for row in await connection.execute(statement)]


async def taken_vlans(connection: AsyncConnection, physical_network: str) -> set[int]:
    """VLANs in use on a physical network."""
    statement = sa.select(networks.c.vlan).where(networks.c.physical_network == physical_network)
    return set((await connection.execute(statement)).scalars())


async def find_by_segment(connection: AsyncConnection, segment: Segment) -> Network | None:
    """The network on this wire."""
    found = await select(
        connection,
        [
            networks.c.physical_network == segment.physical_network,
            networks.c.vlan == segment.vlan,
        ],
    )
    return found[0] if found else None


def _values(network: Network) -> dict[str, Any]:
    return {
        "id": network.id,
        "name": network.name,
        "project_id": network.project_id,
        "description": network.description,
        "admin_state_up": network.admin_state_up,
        "shared": network.shared,
        "external": network.external,
        "network_type": network.segment.network_type.value,
        "physical_network": network.segment.physical_network,
        "vlan": network.segment.vlan,
        "mtu": network.mtu,
        "revision": network.revision,
        "created_at": network.created_at,
        "updated_at": network.updated_at,
    }


def _network(row: Any) -> Network:
    kind = NetworkType(row.network_type)
    vlan = row.vlan if kind is NetworkType.VLAN else None
    return Network(
        id=row.id,
        name=row.name,
        project_id=row.project_id,
        description=row.description,
        admin_state_up=row.admin_state_up,
        shared=row.shared,
        external=row.external,
        segment=Segment(kind, row.physical_network, vlan),
        mtu=row.mtu,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
