"""How work ends: in the flow's end state, in its failed state, or in the flow that follows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.conductor.engine import Engine
from bessemer.baremetal.conductor.turns import call_next
from bessemer.baremetal.domain.lease import Lease
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import STABLE, TARGETS, Event
from bessemer.baremetal.domain.provision.transitions import next_state
from bessemer.baremetal.domain.provision.work import Flow, Work
from bessemer.baremetal.store import history, leases
from bessemer.baremetal.store import work as work_store
from bessemer.clock import now

log = structlog.get_logger()


async def finish(engine: Engine, lease: Lease, work: Work) -> bool | None:
    """All steps are done. True: another flow follows, go on with it; None: somebody took the work
    away. Raises LeaseLost.

    The node is free at the very moment at which it is seen to have arrived.
    """
    moment = now()
    async with engine.shelves.database.write() as connection:
        present = await engine.shelves.nodes.in_hand(connection, lease)
        if present is None:
            return None
        node = present.node
        following = None
        if work.failure is not None:
            await _fail(engine, connection, node, work)
        else:
            following = await engine.next_work(connection, engine.registry, node, work)
            ended = _ended(node, work, following, moment)
            await engine.shelves.nodes.update(connection, node, ended)
        if following is None:
            await work_store.remove(connection, node.uuid)
            await leases.release(connection, lease)
        else:
            await work_store.replace(connection, following)
        called = await call_next(engine, connection, work.flow)
    for each in called:
        engine.nudge(each)
    log.info("work.finished", flow=str(work.flow), failure=work.failure)
    engine.changed(work.node_uuid)
    return following is not None


def _ended(node: Node, work: Work, following: Work | None, moment: datetime) -> Node:
    event = work.finish if following is None or work.flow is not Flow.TEAR_DOWN else Event.CLEAN
    state = next_state(node.provision_state, event)
    return replace(
        node.in_state(state, moment),
        target_provision_state=TARGETS.get(state),
        last_error=None,
        intent=node.intent if following is not None else None,
    )


async def _fail(engine: Engine, connection: AsyncConnection, node: Node, work: Work) -> None:
    state = next_state(node.provision_state, Event.FAIL)
    failed = replace(
        node.in_state(state, now()),
        target_provision_state=None if state in STABLE else node.target_provision_state,
        last_error=_words(work),
        intent=None,
    )
    fault = fault_of(work)
    if fault is not None:
        failed = replace(failed, fault=fault, maintenance=True, maintenance_reason=_words(work))
    await engine.shelves.nodes.update(connection, node, failed)
    await history.record(
        connection,
        failed,
        _words(work),
        event_type=f"{work.flow} {'aborted' if work.aborted else 'failed'}",
        conductor=engine.hostname,
        cause=history.Cause(work.user, work.project, node.provision_updated_at),
    )


_FAULTS: Final[Mapping[Flow, str]] = {
    Flow.CLEAN: "clean failure",
    Flow.SERVICE: "service failure",
}


def fault_of(work: Work) -> str | None:
    """The fault for which failed work puts its node into maintenance; None: it does not.

    Cleaning: only when a clean step itself went wrong, not the boot around it. An abort is no
    fault, unless the rescue that was aborted could not be taken back.
    """
    if work.aborted:
        stuck = work.flow is Flow.RESCUE and work.clean_up_failure is not None
        return "rescue abort failure" if stuck else None
    if work.flow is Flow.CLEAN and not work.in_step:
        return None
    return _FAULTS.get(work.flow)


def _words(work: Work) -> str:
    words = work.failure or ""
    if work.clean_up_failure is None:
        return words
    return f"{words} Cleaning up failed, too: {work.clean_up_failure}"
