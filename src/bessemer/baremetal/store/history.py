"""Node history in SQL: every error a node had, in words."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.store.tables import history
from bessemer.clock import now


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event (Ironic's node history)."""

    uuid: str
    created_at: datetime
    severity: str
    event: str
    event_type: str
    conductor: str
    state: str | None
    target_provision_state: str | None


async def record(
    connection: AsyncConnection, node: Node, event: str, *, event_type: str, conductor: str
) -> None:
    """Add an error."""
    await connection.execute(
        insert(history).values(
            uuid=str(uuid.uuid4()),
            node_uuid=node.uuid,
            created_at=now(),
            conductor=conductor,
            event_type=event_type,
            severity="ERROR",
            event=event,
            state=node.provision_state,
            target_provision_state=node.target_provision_state,
        )
    )


async def of_node(connection: AsyncConnection, node_uuid: str) -> list[HistoryEntry]:
    """Oldest first."""
    query = select(history).where(history.c.node_uuid == node_uuid).order_by(history.c.id)
    rows = (await connection.execute(query)).all()
    return [
        HistoryEntry(
            uuid=row.uuid,
            created_at=row.created_at,
            severity=row.severity,
            event=row.event,
            event_type=row.event_type,
            conductor=row.conductor,
            state=row.state,
            target_provision_state=row.target_provision_state,
        )
        for row in rows
    ]
