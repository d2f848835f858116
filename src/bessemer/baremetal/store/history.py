"""Node history in SQL: every error a node had, and every lock that was broken, in words."""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.store.paging import Order
from bessemer.baremetal.store.tables import history
from bessemer.clock import now
from bessemer.errors import NotFound


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event (Ironic's node history)."""

    uuid: str
    node_uuid: str
    created_at: datetime
    severity: str
    event: str
    event_type: str
    conductor: str
    state: str | None
    target_provision_state: str | None
    user: str | None
    project: str | None
    duration_seconds: float | None
    """How long the node had been in the state before."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Whose request led to an event, and since when the node had been in the state that it left."""

    user: str | None = None
    project: str | None = None
    since: datetime | None = None


TABLE: Final = history
OLDEST_FIRST: Final = Order(history)
NOBODY: Final = Cause()
MOST_ENTRIES: Final = 300
"""Kept per node (Ironic's `node_history_max_entries`)."""


async def record(
    connection: AsyncConnection,
    node: Node,
    event: str,
    *,
    event_type: str,
    conductor: str,
    cause: Cause = NOBODY,
    severity: str = "ERROR",
) -> None:
    """Add an event; of a node's events the newest MOST_ENTRIES are kept."""
    moment = now()
    lasted = (moment - cause.since).total_seconds() if cause.since is not None else None
    await connection.execute(
        insert(history).values(
            uuid=str(uuid.uuid4()),
            node_uuid=node.uuid,
            created_at=moment,
            conductor=conductor,
            event_type=event_type,
            severity=severity,
            event=event,
            state=node.provision_state,
            target_provision_state=node.target_provision_state,
            user=cause.user,
            project=cause.project,
            duration_seconds=lasted,
        )
    )
    newest = (
        select(history.c.id)
        .where(history.c.node_uuid == node.uuid)
        .order_by(history.c.id.desc())
        .offset(MOST_ENTRIES)
        .limit(1)
        .scalar_subquery()
    )
    too_old = (history.c.node_uuid == node.uuid) & (history.c.id <= newest)
    await connection.execute(delete(history).where(too_old))


async def of_node(
    connection: AsyncConnection,
    node_uuid: str,
    order: Order = OLDEST_FIRST,
    limit: int | None = None,
) -> list[HistoryEntry]:
    """One page. Raises Invalid for an unknown marker."""
    query = select(history).where(history.c.node_uuid == node_uuid).limit(limit)
    rows = (await connection.execute(await order.of(connection, query))).all()
    return [_entry(row) for row in rows]


async def get(connection: AsyncConnection, node_uuid: str, event_uuid: str) -> HistoryEntry:
    """One event of this node. Raises NotFound."""
    one = (history.c.node_uuid == node_uuid) & (history.c.uuid == event_uuid)
    row = (await connection.execute(select(history).where(one))).first()
    if row is None:
        raise NotFound(f"Node history {event_uuid[:80]} could not be found.")
    return _entry(row)


def _entry(row: Row[Any]) -> HistoryEntry:
    return HistoryEntry(**{each.name: getattr(row, each.name) for each in fields(HistoryEntry)})
