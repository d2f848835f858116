"""Only so many nodes are deployed or cleaned at once; the others wait for their turn, in order."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bessemer.baremetal.conductor.engine import Engine
from bessemer.baremetal.conductor.state_of_work import bring_in_line
from bessemer.baremetal.domain.lease import Lease
from bessemer.baremetal.domain.provision.work import Signal, Waiting, Work
from bessemer.baremetal.store import work as work_store
from bessemer.clock import now
from bessemer.db.locks import in_turn

PAUSE: Final = timedelta(seconds=2)
PATIENCE: Final = timedelta(days=365)
"""A queue moves as long as its nodes do: each of them has its own deadlines."""


async def its_turn(engine: Engine, lease: Lease, work: Work) -> Work | datetime | bool:
    """The work, if it may run now; True when it has just left the queue, and has to be read again.

    Else when to ask again: the work then says why it waits, in a state in which it can be aborted.
    """
    limit = engine.limits.get(work.flow)
    if limit is None or work.admitted or work.index > 0 or work.failure is not None:
        return work
    async with engine.shelves.database.write() as connection:
        present = await engine.shelves.nodes.in_hand(connection, lease)
        if present is None:
            return True
        await in_turn(connection, f"admit to {work.flow}")
        ahead = await work_store.ahead_of(connection, work.node_uuid, work.flow)
        waiting = _queued(work, ahead, limit) if ahead >= limit else None
        decided = replace(
            work,
            admitted=waiting is None,
            waiting=waiting,
            abort=present.abort,
            signalled=present.signalled,
        )
        await work_store.advance(connection, work, decided)
        if waiting is not None or work.waiting is not None:
            await bring_in_line(engine, connection, present.node, decided, None)
    if waiting is not None:
        return waiting.due_at
    return decided if work.waiting is None else True


def _queued(work: Work, ahead: int, limit: int) -> Waiting:
    moment = now()
    return Waiting(
        signal=Signal.AGENT,
        since=work.waiting.since if work.waiting is not None else moment,
        until=moment + PATIENCE,
        reason=(
            f"queued: {limit} nodes may {work.flow} at once, and {ahead} are before this one "
            f"(setting baremetal.max_concurrent_{work.flow})"
        ),
        look_again_at=moment + PAUSE,
    )
