"""Work in SQL: one row per node that something is being done to, its steps' arguments sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, bindparam, delete, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.provision.states import Event
from bessemer.baremetal.domain.provision.work import Flow, Signal, StepCall, Waiting, Work
from bessemer.baremetal.store.sealing import (
    SecretBox,
    box_of,
    with_open_args,
    with_sealed_args,
)
from bessemer.baremetal.store.tables import nodes
from bessemer.baremetal.store.tables import work as table
from bessemer.context import RequestId

_OF_NODE: Final = table.c.node_uuid == bindparam("of")
_FIND: Final = select(table).where(_OF_NODE)
_ADD: Final = insert(table)
_CHANGE: Final = update(table).where(_OF_NODE)
_STEP_BEGINS: Final = _CHANGE.values(signalled=False)
_SIGNAL: Final = _CHANGE.values(signalled=True)
_REMOVE: Final = delete(table).where(_OF_NODE)

_DUE: Final = (
    select(nodes.c.uuid, nodes.c.driver, nodes.c.conductor_group)
    .join(table, table.c.node_uuid == nodes.c.uuid)
    .where(
        or_(
            table.c.due_at.is_(None),
            table.c.due_at <= bindparam("moment"),
            table.c.signalled.is_(true()),
            table.c.abort.is_not(None),
        )
    )
)


async def find(connection: AsyncConnection, node_uuid: str) -> Work | None:
    """What is in hand on a node."""
    row = (await connection.execute(_FIND, {"of": node_uuid})).first()
    return _work(row, box_of(connection)) if row is not None else None


async def of_nodes(connection: AsyncConnection, node_uuids: Sequence[str]) -> dict[str, Work]:
    """What is in hand on these nodes, by node."""
    rows = (await connection.execute(select(table).where(table.c.node_uuid.in_(node_uuids)))).all()
    return {row.node_uuid: _work(row, box_of(connection)) for row in rows}


async def replace(connection: AsyncConnection, work: Work) -> None:
    """Keep this work instead of whatever was there."""
    columns = {**_progress(work), **_plan(work, box_of(connection))}
    if not await _change(connection, work.node_uuid, columns):
        await connection.execute(_ADD, {"node_uuid": work.node_uuid, **columns})


async def advance(connection: AsyncConnection, before: Work, after: Work) -> None:
    """Keep how far the work has come; its steps are written, and sealed, only if they differ."""
    same_plan = (before.steps, before.clean_up) == (after.steps, after.clean_up)
    plan = {} if same_plan else _plan(after, box_of(connection))
    await _change(connection, after.node_uuid, {**_progress(after), **plan})


async def step_begins(connection: AsyncConnection, node_uuid: str) -> None:
    """The step in hand is about to look for itself: signs up to now are used up."""
    await connection.execute(_STEP_BEGINS, {"of": node_uuid})


async def note(connection: AsyncConnection, node_uuid: str, memo: Mapping[str, Any]) -> None:
    """Keep the memo of the step in hand."""
    await _change(connection, node_uuid, {"memo": dict(memo)})


async def show_progress(connection: AsyncConnection, node_uuid: str, done: int, total: int) -> None:
    """Keep how far the step in hand is."""
    await _change(connection, node_uuid, {"progress_done": done, "progress_total": total})


async def remove(connection: AsyncConnection, node_uuid: str) -> None:
    """Nothing is in hand any more."""
    await connection.execute(_REMOVE, {"of": node_uuid})


async def request_abort(connection: AsyncConnection, node_uuid: str, reason: str) -> bool:
    """Ask the worker to stop; False when there is no work."""
    return await _change(connection, node_uuid, {"abort": reason})


async def release(connection: AsyncConnection, node_uuid: str) -> bool:
    """Let work go on that is parked in a hold; False when none is."""
    present = await find(connection, node_uuid)
    if present is None or present.waiting is None or present.waiting.signal is not Signal.UNHOLD:
        return False
    values = {"memo": {**present.memo, "released": True}, "signalled": True}
    return await _change(connection, node_uuid, values)


async def signal(connection: AsyncConnection, node_uuid: str, which: Signal) -> bool:
    """Record that a sign has come; False when nothing there could want it.

    Between two waits it is recorded as well: the step in hand may be about to wait for it.
    """
    present = await find(connection, node_uuid)
    if present is None or (present.waiting and present.waiting.signal is not which):
        return False
    await connection.execute(_SIGNAL, {"of": node_uuid})
    return True


@dataclass(frozen=True, slots=True)
class Due:
    """A node whose work is ready to go on, and what the hash ring needs to know of it."""

    node_uuid: str
    driver: str
    conductor_group: str


async def due(connection: AsyncConnection, moment: datetime) -> list[Due]:
    """Work that is ready at `moment`: not waiting, signalled, aborted or overdue."""
    return [Due(*row) for row in (await connection.execute(_DUE, {"moment": moment})).all()]


async def _change(connection: AsyncConnection, node_uuid: str, columns: Mapping[str, Any]) -> bool:
    """False when nothing is in hand on the node."""
    return bool((await connection.execute(_CHANGE, {"of": node_uuid, **columns})).rowcount)


def _plan(work: Work, box: SecretBox) -> dict[str, Any]:
    return {
        "steps": with_sealed_args(box, msgspec.to_builtins(work.steps)),
        "clean_up": with_sealed_args(box, msgspec.to_builtins(work.clean_up)),
    }


def _progress(work: Work) -> dict[str, Any]:
    return {
        "flow": work.flow,
        "intent": work.intent,
        "request_id": work.request_id,
        "finish": work.finish,
        "step_index": work.index,
        "memo": dict(work.memo),
        "waiting": msgspec.to_builtins(work.waiting),
        "due_at": work.waiting.due_at if work.waiting is not None else None,
        "signalled": work.signalled,
        "abort": work.abort,
        "failure": work.failure,
        "aborted": work.aborted,
        "in_step": work.in_step,
        "clean_up_failure": work.clean_up_failure,
        "admitted": work.admitted,
        "user": work.user,
        "project": work.project,
        "progress_done": work.progress_done,
        "progress_total": work.progress_total,
    }


def _work(row: Row[Any], box: SecretBox) -> Work:
    return Work(
        node_uuid=row.node_uuid,
        flow=Flow(row.flow),
        intent=row.intent,
        request_id=RequestId(row.request_id),
        steps=msgspec.convert(with_open_args(box, row.steps), tuple[StepCall, ...]),
        clean_up=msgspec.convert(with_open_args(box, row.clean_up), tuple[StepCall, ...]),
        finish=Event(row.finish),
        index=row.step_index,
        memo=row.memo,
        waiting=msgspec.convert(row.waiting, Waiting | None),
        signalled=row.signalled,
        abort=row.abort,
        failure=row.failure,
        aborted=row.aborted,
        in_step=row.in_step,
        clean_up_failure=row.clean_up_failure,
        admitted=row.admitted,
        user=row.user,
        project=row.project,
        progress_done=row.progress_done,
        progress_total=row.progress_total,
    )
