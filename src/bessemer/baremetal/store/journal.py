"""The journal in SQL: what was done to a node, step by step."""

from datetime import datetime
from typing import Final

from sqlalchemy import and_, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.provision.work import StepCall, Work
from bessemer.baremetal.public import JournalEntry
from bessemer.baremetal.store.tables import journal

_OPEN: Final = and_(
    journal.c.node_uuid == bindparam("of"),
    journal.c.intent == bindparam("of_intent"),
    journal.c.interface == bindparam("of_interface"),
    journal.c.step == bindparam("of_step"),
    journal.c.finished_at.is_(None),
)
"""The entry of the step in hand, until it ends."""
_FIND_OPEN: Final = select(journal.c.id).where(_OPEN)
_BEGIN: Final = insert(journal)
_END: Final = update(journal).where(_OPEN)


async def begin(connection: AsyncConnection, work: Work, conductor: str, moment: datetime) -> None:
    """Write down that the step in hand begins; a step begun before a crash keeps its entry."""
    step = work.step
    if step is not None and await connection.scalar(_FIND_OPEN, _of(work, step)) is None:
        await begin_anew(connection, work, conductor, moment)


async def begin_anew(
    connection: AsyncConnection, work: Work, conductor: str, moment: datetime
) -> None:
    """Write down that the step in hand begins, which never began before."""
    step = work.step
    if step is None:
        return
    row = {
        "node_uuid": work.node_uuid,
        "intent": work.intent,
        "flow": work.flow,
        "interface": step.interface,
        "step": step.name,
        "request_id": work.request_id,
        "conductor": conductor,
        "started_at": moment,
        "detail": "",
    }
    await connection.execute(_BEGIN, row)


async def end(
    connection: AsyncConnection, work: Work, outcome: str, detail: str, moment: datetime
) -> None:
    """Write down how the step in hand ended; `work` is as it was before the outcome."""
    if work.step is None:
        return
    values = {"finished_at": moment, "outcome": outcome, "detail": detail}
    await connection.execute(_END, {**_of(work, work.step), **values})


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


def _of(work: Work, step: StepCall) -> dict[str, str]:
    """What statements with `_OPEN` are given."""
    return {
        "of": work.node_uuid,
        "of_intent": work.intent,
        "of_interface": step.interface,
        "of_step": step.name,
    }
