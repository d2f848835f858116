"""Only so many nodes are deployed or cleaned at once; the others wait for their turn, in order.

Whoever ends lets the next one in: nobody in the queue asks by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.conductor.engine import Engine
from bessemer.baremetal.conductor.state_of_work import bring_in_line
from bessemer.baremetal.domain.lease import Lease
from bessemer.baremetal.domain.provision.work import Flow, Signal, Waiting, Work
from bessemer.baremetal.store import queues
from bessemer.baremetal.store import work as work_store
from bessemer.baremetal.store.work import Due
from bessemer.clock import now
from bessemer.db.locks import in_turn

PATIENCE: Final = timedelta(days=365)
"""A queue moves as long as its nodes do: each of them has its own deadlines."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """The work may run now."""

    work: Work


@dataclass(frozen=True, slots=True)
class LeftQueue:
    """It may run, and has just left the queue: node and work are to be read again."""


@dataclass(frozen=True, slots=True)
class Queued:
    """Others come first. The work says so, in a state in which it can be aborted."""

    until: datetime


Turn = Admitted | LeftQueue | Queued


async def its_turn(engine: Engine, lease: Lease, work: Work) -> Turn:
    """Whether the work may run; what is found is kept. Raises LeaseLost."""
    limit = engine.limits.get(work.flow)
    if limit is None or work.admitted or work.index > 0 or work.failure is not None:
        return Admitted(work)
    async with engine.shelves.database.write() as connection:
        await _one_at_a_time(connection, work.flow)
        present = await engine.shelves.nodes.in_hand(connection, lease)
        if present is None:
            return LeftQueue()
        ahead = await queues.ahead_of(connection, work.node_uuid, work.flow)
        waiting = _waiting(work, limit) if ahead >= limit else None
        decided = replace(
            work,
            admitted=waiting is None,
            waiting=waiting,
            abort=present.abort,
            signalled=present.signalled and waiting is None,
        )
        await work_store.advance(connection, work, decided)
        if waiting is not None or work.waiting is not None:
            await bring_in_line(engine, connection, present.node, decided, None)
    if waiting is not None:
        return Queued(waiting.due_at)
    return Admitted(decided) if work.waiting is None else LeftQueue()


async def call_next(engine: Engine, connection: AsyncConnection, flow: Flow) -> Sequence[Due]:
    """Those whose turn it is, now that others have left the flow; nudge them after the commit.

    They are marked, too: a lost nudge costs no more than one sweep.
    """
    limit = engine.limits.get(flow)
    if limit is None or not await queues.has_any(connection, flow):
        return ()
    await _one_at_a_time(connection, flow)
    return await queues.call(connection, flow, limit)


async def call_all(engine: Engine) -> None:
    """Let in whoever was forgotten: a node was deleted at work, or a limit is higher now."""
    called: list[Due] = []
    async with engine.shelves.database.write() as connection:
        for flow in engine.limits:
            called += await call_next(engine, connection, flow)
    for each in called:
        engine.nudge(each)


def in_words(flow: Flow, limit: int, ahead: int) -> str:
    """Why a node waits that so many others are before."""
    return (
        f"queued: {limit} nodes may {flow} at once, and {ahead} are before this one "
        f"(setting baremetal.max_concurrent_{flow})"
    )


async def _one_at_a_time(connection: AsyncConnection, flow: Flow) -> None:
    await in_turn(connection, f"admit to {flow}")


def _waiting(work: Work, limit: int) -> Waiting:
    moment = now()
    return Waiting(
        signal=Signal.TURN,
        since=work.waiting.since if work.waiting is not None else moment,
        until=moment + PATIENCE,
        reason=f"queued: {limit} nodes may {work.flow} at once",
    )
