"""Nodes as they are looked at: with who holds them and whether they are worked on, in one query."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, FromClause, Row, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.lease import Holder
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.store.nodes import NodeStore
from bessemer.baremetal.store.paging import Order
from bessemer.baremetal.store.tables import leases, nodes, work
from bessemer.errors import NotFound

ALL: Final = frozenset(column.name for column in nodes.c if column.name != "id")
"""Every column that a node has an attribute for."""

_SURROUNDINGS: Final = (leases.c.owner, leases.c.purpose, leases.c.since, leases.c.until)
_TOGETHER: Final[FromClause] = nodes.outerjoin(
    leases, leases.c.node_uuid == nodes.c.uuid
).outerjoin(work, work.c.node_uuid == nodes.c.uuid)


@dataclass(frozen=True, slots=True)
class Seen:
    """A node, who holds it, and whether something is in hand on it."""

    node: Node
    holder: Holder | None = None
    at_work: bool = False


def _columns(wanted: Collection[str]) -> list[Column[Any]]:
    return [column for column in nodes.c if column.name in wanted]


_ALL_COLUMNS: Final = _columns(ALL)
_WHOLE: Final = select(*_ALL_COLUMNS, *_SURROUNDINGS, work.c.node_uuid).select_from(_TOGETHER)
_BY: Final[Sequence[Select[Any]]] = [
    _WHOLE.where(column == bindparam("ident")) for column in (nodes.c.uuid, nodes.c.name)
]


async def get(connection: AsyncConnection, store: NodeStore, ident: str, now: datetime) -> Seen:
    """By uuid, else by name. Raises NotFound."""
    for query in _BY:
        row = (await connection.execute(query, {"ident": ident})).first()
        if row is not None:
            return _seen(store, _ALL_COLUMNS, row, now)
    raise NotFound(f"Node {ident} could not be found.")


async def page(
    connection: AsyncConnection,
    store: NodeStore,
    query: tuple[Sequence[ColumnElement[bool]], Order, int | None],
    wanted: Collection[str],
    now: datetime | None,
) -> list[Seen]:
    """Those that meet the conditions, in this order, up to so many; only the `wanted` columns.

    `now`: the moment at which somebody holds them; None: neither that nor work is looked for.
    Raises Invalid for an unknown marker.
    """
    conditions, order, limit = query
    columns = _columns(wanted)
    if now is None:
        chosen = select(*columns)
    else:
        chosen = select(*columns, *_SURROUNDINGS, work.c.node_uuid).select_from(_TOGETHER)
    chosen = await order.of(connection, chosen.where(*conditions))
    rows = (await connection.execute(chosen.limit(limit))).all()
    return [_seen(store, columns, row, now) for row in rows]


def _seen(
    store: NodeStore, columns: Sequence[Column[Any]], row: Row[Any], now: datetime | None
) -> Seen:
    values = tuple(row)
    node = store.made({column.name: value for column, value in zip(columns, values, strict=False)})
    if now is None:
        return Seen(node)
    owner, purpose, since, until, at_work = values[len(columns) :]
    held = owner is not None and until >= now
    return Seen(node, Holder(owner, purpose, since) if held else None, at_work is not None)
