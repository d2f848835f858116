"""Ports in SQL."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.store.paging import Order
from bessemer.baremetal.store.tables import ports
from bessemer.clock import now
from bessemer.errors import Conflict, NotFound


async def add(connection: AsyncConnection, port: Port) -> Port:
    """Insert. Raises Conflict when address, name or uuid is taken."""
    try:
        await connection.execute(insert(ports).values(created_at=now(), **_columns(port)))
    except IntegrityError as error:
        raise _duplicate(port, error) from error
    return await get(connection, port.uuid)


async def get(connection: AsyncConnection, ident: str) -> Port:
    """By uuid, else by name. Raises NotFound."""
    for column in (ports.c.uuid, ports.c.name):
        row = (await connection.execute(select(ports).where(column == ident))).first()
        if row is not None:
            return _port(row)
    raise NotFound(f"Port {ident} could not be found.")


async def list_ports(
    connection: AsyncConnection,
    conditions: Sequence[ColumnElement[bool]] = (),
    *,
    limit: int | None = None,
    marker: str | None = None,
    sort_key: str = "id",
    descending: bool = False,
) -> list[Port]:
    """A page in `sort_key` order, after the port `marker`. Raises Invalid for an unknown marker."""
    query = select(ports).where(*conditions).limit(limit)
    query = await Order(ports, sort_key, descending, marker).of(connection, query)
    return [_port(row) for row in (await connection.execute(query)).all()]


async def of_node(connection: AsyncConnection, node_uuid: str) -> tuple[Port, ...]:
    """All NICs of a node, oldest first."""
    return tuple(await list_ports(connection, [ports.c.node_uuid == node_uuid]))


async def save(connection: AsyncConnection, port: Port) -> None:
    """Write all of it; inserts a new one. Raises Conflict."""
    statement = update(ports).where(ports.c.uuid == port.uuid)
    try:
        result = await connection.execute(statement.values(updated_at=now(), **_columns(port)))
    except IntegrityError as error:
        raise _duplicate(port, error) from error
    if not result.rowcount:
        await add(connection, port)


async def remove(connection: AsyncConnection, uuid: str) -> None:
    """Delete."""
    await connection.execute(delete(ports).where(ports.c.uuid == uuid))


def _columns(port: Port) -> dict[str, Any]:
    values = {each.name: getattr(port, each.name) for each in fields(port)}
    del values["created_at"], values["updated_at"]
    return values


def _port(row: Row[Any]) -> Port:
    values = dict(row._mapping)
    del values["id"]
    return Port(**values)


def _duplicate(port: Port, error: IntegrityError) -> Conflict:
    words = str(error.orig)
    if "address" in words:
        return Conflict(f"A port with MAC address {port.address} already exists.")
    return Conflict(f"The port clashes with another one: {words}.")
