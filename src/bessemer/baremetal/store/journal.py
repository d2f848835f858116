"""The journal in SQL: what was done to a node, step by step."""

from datetime import datetime

from sqlalchemy import ColumnElement, false, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.provision.work import Work
from bessemer.baremetal.public import JournalEntry
from bessemer.baremetal.store.tables import journal


async def begin(connection: AsyncConnection, work: Work, conductor: str, moment: datetime) -> None:
    """Write down that the step in hand begins; a step begun before a crash keeps its entry."""
    if (await connection.execute(select(journal.c.id).where(_open(work)))).first() is None:
        await begin_anew(connection, work, conductor, moment)


async def begin_anew(
    connection: AsyncConnection, work: Work, conductor: str, moment: datetime
) -> None:
    """Write down that the step in hand begins, which never began before."""
    step = work.step
    if step is None:
        return
    await connection.execute(
        insert(journal).values(
            node_uuid=work.node_uuid,
            intent=work.intent,
            flow=work.flow,
            interface=step.interface,
            step=step.name,
            request_id=work.request_id,
            conductor=conductor,
            started_at=moment,
            detail="",
        )
    )


async def end(
    connection: AsyncConnection, work: Work, outcome: str, detail: str, moment: datetime
) -> None:
    """Write down how the step in hand ended; `work` is as it was before the outcome."""
    values = {"finished_at": moment, "outcome": outcome, "detail": detail}
    await connection.execute(update(journal).where(_open(work)).values(**values))


async def of_node(
    connection: AsyncConnection, node_uuid: str, limit: int = 500
) -> list[JournalEntry]:
    """The newest entries of a node, oldest first."""
    query = (
        select(journal)
        .where(journal.c.node_uuid == node_uuid)
        .order_by(journal.c.id.desc())
        .limit(limit)
    )
    rows = (await connection.execute(query)).all()
    return [
        JournalEntry(
            flow=row.flow,
            interface=row.interface,
            step=row.step,
            started_at=row.started_at,
            finished_at=row.finished_at,
            outcome=row.outcome,
            detail=row.detail,
        )
        for row in reversed(rows)
    ]


def _open(work: Work) -> ColumnElement[bool]:
    """The entry of the step in hand, until it ends."""
    step = work.step
    if step is None:
        return false()
    return (
        (journal.c.node_uuid == work.node_uuid)
        & (journal.c.intent == work.intent)
        & (journal.c.interface == step.interface)
        & (journal.c.step == step.name)
        & journal.c.finished_at.is_(None)
    )
