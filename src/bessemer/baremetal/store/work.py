"""Work in SQL: one row per node that something is being done to, its steps' arguments sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update
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


async def find(connection: AsyncConnection, node_uuid: str) -> Work | None:
    """What is in hand on a node."""
    row = (await connection.execute(select(table).where(table.c.node_uuid == node_uuid))).first()
    return _work(row, box_of(connection)) if row is not None else None


async def of_nodes(connection: AsyncConnection, node_uuids: Sequence[str]) -> dict[str, Work]:
    """What is in hand on these nodes, by node."""
    rows = (await connection.execute(select(table).where(table.c.node_uuid.in_(node_uuids)))).all()
    return {row.node_uuid: _work(row, box_of(connection)) for row in rows}


async def replace(connection: AsyncConnection, work: Work) -> None:
    """Keep this work instead of whatever was there."""
    columns = _columns(work, box_of(connection))
    statement = update(table).where(table.c.node_uuid == work.node_uuid).values(**columns)
    if not (await connection.execute(statement)).rowcount:
        await connection.execute(insert(table).values(**columns))


async def step_begins(connection: AsyncConnection, node_uuid: str) -> None:
    """The step in hand is about to look for itself: signs up to now are used up."""
    statement = update(table).where(table.c.node_uuid == node_uuid).values(signalled=False)
    await connection.execute(statement)


async def note(connection: AsyncConnection, node_uuid: str, memo: Mapping[str, Any]) -> None:
    """Keep the memo of the step in hand."""
    statement = update(table).where(table.c.node_uuid == node_uuid).values(memo=dict(memo))
    await connection.execute(statement)


async def show_progress(connection: AsyncConnection, node_uuid: str, done: int, total: int) -> None:
    """Keep how far the step in hand is."""
    values = {"progress_done": done, "progress_total": total}
    await connection.execute(update(table).where(table.c.node_uuid == node_uuid).values(**values))


async def remove(connection: AsyncConnection, node_uuid: str) -> None:
    """Nothing is in hand any more."""
    await connection.execute(delete(table).where(table.c.node_uuid == node_uuid))


async def request_abort(connection: AsyncConnection, node_uuid: str, reason: str) -> bool:
    """Ask the worker to stop; False when there is no work."""
    statement = update(table).where(table.c.node_uuid == node_uuid).values(abort=reason)
    return bool((await connection.execute(statement)).rowcount)


async def release(connection: AsyncConnection, node_uuid: str) -> bool:
    """Let work go on that is parked in a hold; False when none is."""
    present = await find(connection, node_uuid)
    if present is None or present.waiting is None or present.waiting.signal is not Signal.UNHOLD:
        return False
    values = {"memo": {**present.memo, "released": True}, "signalled": True}
    await connection.execute(update(table).where(table.c.node_uuid == node_uuid).values(**values))
    return True


async def ahead_of(connection: AsyncConnection, node_uuid: str, flow: Flow) -> int:
    """How many nodes come before this one: admitted to the flow, or waiting for longer."""
    mine = select(nodes.c.provision_updated_at).where(nodes.c.uuid == node_uuid).scalar_subquery()
    earlier = (nodes.c.provision_updated_at < mine) | (
        (nodes.c.provision_updated_at == mine) & (nodes.c.uuid < node_uuid)
    )
    query = (
        select(func.count())
        .select_from(table.join(nodes, table.c.node_uuid == nodes.c.uuid))
        .where(table.c.flow == flow, table.c.node_uuid != node_uuid)
        .where(table.c.admitted.is_(True) | earlier)
    )
    return (await connection.execute(query)).scalar_one()


async def signal(connection: AsyncConnection, node_uuid: str, which: Signal) -> bool:
    """Record that a sign has come; False when nothing there could want it.

    Between two waits it is recorded as well: the step in hand may be about to wait for it.
    """
    present = await find(connection, node_uuid)
    if present is None or (present.waiting and present.waiting.signal is not which):
        return False
    statement = update(table).where(table.c.node_uuid == node_uuid).values(signalled=True)
    await connection.execute(statement)
    return True


@dataclass(frozen=True, slots=True)
class Due:
    """A node whose work is ready to go on, and what the hash ring needs to know of it."""

    node_uuid: str
    driver: str
    conductor_group: str


async def due(connection: AsyncConnection, moment: datetime) -> list[Due]:
    """Work that is ready at `moment`: not waiting, signalled, aborted or overdue."""
    ready = (
        table.c.due_at.is_(None)
        | (table.c.due_at <= moment)
        | table.c.signalled.is_(True)
        | table.c.abort.is_not(None)
    )
    query = (
        select(nodes.c.uuid, nodes.c.driver, nodes.c.conductor_group)
        .join(table, table.c.node_uuid == nodes.c.uuid)
        .where(ready)
    )
    return [Due(*row) for row in (await connection.execute(query)).all()]


def _columns(work: Work, box: SecretBox) -> dict[str, Any]:
    return {
        "node_uuid": work.node_uuid,
        "flow": work.flow,
        "intent": work.intent,
        "request_id": work.request_id,
        "steps": with_sealed_args(box, msgspec.to_builtins(work.steps)),
        "clean_up": with_sealed_args(box, msgspec.to_builtins(work.clean_up)),
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
