"""Ports in SQL."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.store.records import Records
from bessemer.baremetal.store.tables import ports

PORTS: Final = Records(ports, "port", lambda row, _box: Port(**row))
_OF_NODE: Final = select(ports).where(ports.c.node_uuid == bindparam("of")).order_by(ports.c.id)


async def get(connection: AsyncConnection, ident: str) -> Port:
    """By uuid, else by name. Raises NotFound."""
    return await PORTS.get(connection, ident)


async def of_node(connection: AsyncConnection, node_uuid: str) -> tuple[Port, ...]:
    """All NICs of a node, oldest first."""
    return tuple(await PORTS.found(connection, _OF_NODE, {"of": node_uuid}))


async def any_has(connection: AsyncConnection, addresses: Sequence[str]) -> bool:
    """Whether any of these MACs is a known NIC's."""
    query = select(ports.c.id).where(ports.c.address.in_(addresses)).limit(1)
    return await connection.scalar(query) is not None


async def save(connection: AsyncConnection, port: Port) -> None:
    """Write all of it; inserts a new one. Raises Conflict."""
    known = select(ports.c.id).where(ports.c.uuid == port.uuid)
    if await connection.scalar(known) is None:
        await PORTS.add(connection, port)
    else:
        await PORTS.save(connection, port)
