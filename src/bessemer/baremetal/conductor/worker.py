"""Carries out work: runs steps one after another under a lease, and keeps what they answered.

A step that was interrupted (kill -9, lost lease) is simply run again by the next owner: at least
once, so every step is idempotent.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.conductor.task import NodeTask, Shelves
from bessemer.baremetal.domain.lease import Lease, LeaseLost, Span
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision import plan
from bessemer.baremetal.domain.provision.states import TARGETS, Event
from bessemer.baremetal.domain.provision.transitions import next_state
from bessemer.baremetal.domain.provision.work import (
    FLOW_STATES,
    Done,
    Failed,
    Flow,
    Outcome,
    Signal,
    StepCall,
    WaitFor,
    Work,
)
from bessemer.baremetal.interfaces.registry import NodeInterfaces, Registry
from bessemer.baremetal.store import history, journal, leases
from bessemer.baremetal.store import ports as port_store
from bessemer.baremetal.store import work as work_store
from bessemer.clock import now
from bessemer.errors import BessemerError, Transient

log = structlog.get_logger()

TRANSIENT_PATIENCE: Final = timedelta(minutes=2)
TRANSIENT_PAUSE: Final = timedelta(seconds=2)

NextWork = Callable[[Node, Work], Work | None]
"""What follows a flow that ended well: tear down is followed by cleaning."""

State3 = tuple[Node, tuple[Port, ...], Work]


@dataclass(frozen=True, slots=True)
class Engine:
    """What every worker needs: the shelves, the plug-ins, and who it works as."""

    shelves: Shelves
    registry: Registry
    owner: str
    lease_duration: timedelta
    next_work: NextWork
    changed: Callable[[str], None]
    """Called with a node's uuid after each change of its state or work."""


async def work_on(engine: Engine, node_uuid: str) -> datetime | None:
    """Advance the node's work as far as it goes now.

    Returns when to look again (None: nothing is left to do, or somebody else is at it).
    """
    lease = await _acquire(engine, node_uuid)
    if lease is None:
        return now() + TRANSIENT_PAUSE
    try:
        async with _renewing(engine, lease):
            while True:
                look_again = await _advance(engine, lease)
                if not isinstance(look_again, bool):
                    return look_again
                if not look_again:
                    return None
    except LeaseLost:
        log.warning("worker.lease_lost", node=node_uuid)
        return None
    finally:
        async with engine.shelves.database.write() as connection:
            await leases.release(connection, lease)


async def _acquire(engine: Engine, node_uuid: str) -> Lease | None:
    span = Span(now(), engine.lease_duration)
    async with engine.shelves.database.write() as connection:
        return await leases.acquire(connection, node_uuid, engine.owner, "provisioning", span)


@asynccontextmanager
async def _renewing(engine: Engine, lease: Lease) -> AsyncIterator[None]:
    """Keep the lease while the body runs; stop the body with LeaseLost when it is lost."""
    body = asyncio.current_task()
    lost = False

    async def renew() -> None:
        nonlocal lost
        while True:
            await asyncio.sleep(engine.lease_duration.total_seconds() / 3)
            try:
                async with engine.shelves.database.write() as connection:
                    await leases.renew(connection, lease, Span(now(), engine.lease_duration))
            except LeaseLost:
                lost = True
                if body is not None:
                    body.cancel()
                return

    renewal = asyncio.create_task(renew())
    try:
        yield
    except asyncio.CancelledError:
        if lost:
            raise LeaseLost(f"Node {lease.node_uuid} was taken over.") from None
        raise
    finally:
        renewal.cancel()
        await asyncio.gather(renewal, return_exceptions=True)


async def _advance(engine: Engine, lease: Lease) -> bool | datetime | None:
    """One step. True: go on at once; False: the work is over; a moment: wait until then."""
    state = await _load(engine, lease.node_uuid)
    if state is None:
        return False
    node, _, work = state
    structlog.contextvars.bind_contextvars(request_id=work.request_id, node=node.uuid)
    moment = now()
    if not plan.may_run(work, moment):
        return work.waiting.due_at if work.waiting is not None else None
    if (reason := plan.abort_now(work)) is not None:
        return await _keep(engine, lease, work, Failed(reason), ended_as="aborted")
    if work.step is None:
        return await _finish(engine, lease)
    if (overdue := plan.overdue(work, moment)) is not None:
        return await _keep(engine, lease, work, Failed(f"Step {work.step} {overdue}"))
    return await _run(engine, lease, state)


async def _load(engine: Engine, node_uuid: str) -> State3 | None:
    async with engine.shelves.database.read() as connection:
        work = await work_store.find(connection, node_uuid)
        if work is None:
            return None
        node = await engine.shelves.nodes.get(connection, node_uuid)
        return node, await port_store.of_node(connection, node_uuid), work


async def _run(engine: Engine, lease: Lease, state: State3) -> bool:
    node, _, work = state
    step = work.step
    if step is None:
        return True
    async with engine.shelves.database.write() as connection:
        await leases.check(connection, lease)
        await work_store.step_begins(connection, node.uuid)
        await journal.begin(connection, work, engine.owner, now())
    try:
        interfaces = engine.registry.interfaces_of(node)
        task = NodeTask(engine.shelves, lease, interfaces, state)
        outcome = await _answer(interfaces, task, step)
        work = task.work
    except BessemerError as error:
        outcome = Failed(error.message)
    return await _keep(engine, lease, work, outcome)


async def _answer(interfaces: NodeInterfaces, task: NodeTask, step: StepCall) -> Outcome:
    """What the step says; an exception is an answer, too."""
    plugin = interfaces.of(step.interface)
    try:
        if step.name in plugin.steps():
            return await plugin.run_step(step.name, task, step.args)
        return await interfaces.deploy.run_in_band_step(task, step.name, step.args)
    except Transient as error:
        return WaitFor(Signal.TIMER, TRANSIENT_PATIENCE, error.message, look_again=TRANSIENT_PAUSE)
    except BessemerError as error:
        return Failed(f"Step {step} failed: {error.message}")
    except (LeaseLost, asyncio.CancelledError):
        raise
    except Exception as error:
        log.exception("step.fault", step=str(step))
        return Failed(
            f"Step {step} failed from a fault of Bessemer itself ({type(error).__name__}: {error}); "
            f"the log has the details under {task.work.request_id}."
        )


async def _keep(
    engine: Engine, lease: Lease, work: Work, outcome: Outcome, ended_as: str | None = None
) -> bool:
    moment = now()
    async with engine.shelves.database.write() as connection:
        await leases.check(connection, lease)
        present = await work_store.find(connection, work.node_uuid)
        if present is None:
            return False
        rest = plan.after(replace(work, abort=present.abort), outcome, moment)
        if isinstance(outcome, WaitFor):
            rest = replace(rest, signalled=present.signalled)
        else:
            detail = outcome.detail if isinstance(outcome, Done) else outcome.reason
            how = ended_as or ("done" if isinstance(outcome, Done) else "failed")
            await journal.end(connection, work, how, detail, moment)
        await work_store.replace(connection, rest)
        await _move(engine, connection, rest, moment)
    _report(work, outcome)
    engine.changed(work.node_uuid)
    return True


async def _move(engine: Engine, connection: AsyncConnection, work: Work, moment: datetime) -> None:
    """Bring the provision state in line with whether the work waits for a sign from outside."""
    node = await engine.shelves.nodes.get(connection, work.node_uuid)
    states = FLOW_STATES[work.flow]
    waits = work.waiting is not None and work.waiting.signal is not Signal.TIMER
    wanted = states.waiting if waits and states.waiting is not None else states.running
    if node.provision_state is wanted:
        return
    event = Event.WAIT if wanted is states.waiting else Event.RESUME
    moved = replace(
        node,
        provision_state=next_state(node.provision_state, event),
        provision_updated_at=moment,
    )
    await engine.shelves.nodes.save_states(connection, moved)


async def _finish(engine: Engine, lease: Lease) -> bool:
    """All steps are done: to the flow's end state, or on to the flow that follows."""
    moment = now()
    async with engine.shelves.database.write() as connection:
        await leases.check(connection, lease)
        work = await work_store.find(connection, lease.node_uuid)
        if work is None:
            return False
        node = await engine.shelves.nodes.get(connection, work.node_uuid)
        if work.failure is not None:
            await _fail(engine, connection, node, work)
            following = None
        else:
            following = engine.next_work(node, work)
            ended = _ended(node, work, following, moment)
            await engine.shelves.nodes.save_states(connection, ended)
        if following is None:
            await work_store.remove(connection, node.uuid)
        else:
            await work_store.replace(connection, following)
    log.info("work.finished", flow=str(work.flow), failure=work.failure)
    engine.changed(work.node_uuid)
    return following is not None


def _ended(node: Node, work: Work, following: Work | None, moment: datetime) -> Node:
    event = work.finish if following is None or work.flow is not Flow.TEAR_DOWN else Event.CLEAN
    state = next_state(node.provision_state, event)
    return replace(
        node,
        provision_state=state,
        target_provision_state=TARGETS.get(state),
        provision_updated_at=moment,
        last_error=None,
        intent=node.intent if following is not None else None,
    )


FAULTS: Final[Mapping[Flow, str]] = {Flow.CLEAN: "clean failure"}
"""Flows whose failure puts the node into maintenance, and the fault's name."""


async def _fail(engine: Engine, connection: AsyncConnection, node: Node, work: Work) -> None:
    failed = replace(
        node,
        provision_state=next_state(node.provision_state, Event.FAIL),
        provision_updated_at=now(),
        last_error=work.failure,
        intent=None,
    )
    if work.flow is Flow.VERIFY:
        failed = replace(failed, target_provision_state=None)
    fault = FAULTS.get(work.flow)
    if fault is not None and not (work.failure or "").startswith("aborted"):
        failed = replace(failed, fault=fault, maintenance=True, maintenance_reason=work.failure)
    await engine.shelves.nodes.save_states(connection, failed)
    await history.record(
        connection,
        failed,
        work.failure or "",
        event_type=f"{work.flow} failed",
        conductor=engine.owner.partition(":")[0],
    )


def _report(work: Work, outcome: Outcome) -> None:
    step = str(work.step)
    match outcome:
        case Done(detail=detail):
            log.info("step.done", step=step, detail=detail)
        case WaitFor(reason=reason):
            log.debug("step.waits", step=step, reason=reason)
        case Failed(reason=reason):
            log.error("step.failed", step=step, reason=reason)
