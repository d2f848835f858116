"""Carries out work: runs steps one after another under a lease, and keeps what they answered.

A step that was interrupted (kill -9, lost lease) is simply run again by the next owner: at least
once, so every step is idempotent.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bessemer.baremetal.conductor.children import run_on_children
from bessemer.baremetal.conductor.ending import finish
from bessemer.baremetal.conductor.engine import Engine
from bessemer.baremetal.conductor.lease_keeper import renewing
from bessemer.baremetal.conductor.state_of_work import bring_in_line
from bessemer.baremetal.conductor.step_deadline import in_time, longest_run
from bessemer.baremetal.conductor.task import NodeTask
from bessemer.baremetal.conductor.turns import Admitted, LeftQueue, Queued, its_turn
from bessemer.baremetal.domain.lease import Lease, LeaseLost, Span
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision import plan
from bessemer.baremetal.domain.provision.work import (
    Done,
    Failed,
    Outcome,
    Signal,
    StepCall,
    WaitFor,
    Work,
)
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.baremetal.interfaces.registry import NodeInterfaces
from bessemer.baremetal.interfaces.reserved import RESERVED
from bessemer.baremetal.store import journal, leases
from bessemer.baremetal.store import ports as port_store
from bessemer.baremetal.store import work as work_store
from bessemer.clock import now
from bessemer.errors import BessemerError, Transient, Unavailable

log = structlog.get_logger()

IN_MAINTENANCE: Final = (
    "aborted: the node is in maintenance, and baremetal.allow_provisioning_in_maintenance is off"
)
TRANSIENT_PATIENCE: Final = timedelta(minutes=2)
TRANSIENT_PAUSE: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a worker has before it. `begun`: the step in hand is written down as begun already."""

    node: Node
    ports: tuple[Port, ...]
    work: Work
    begun: bool = False


async def work_on(engine: Engine, node_uuid: str) -> datetime | None:
    """Advance the node's work as far as it goes now.

    Returns when to look again (None: nothing is left to do, or somebody else is at it).
    """
    lease = await _acquire(engine, node_uuid)
    if lease is None:
        return now() + TRANSIENT_PAUSE
    given_back = False
    try:
        async with renewing(engine.shelves.database, engine.lease_duration, lease):
            scene: _Scene | None = None
            while not engine.draining.is_set():
                if scene is None and (scene := await _load(engine, node_uuid)) is None:
                    return None
                then = await _advance(engine, lease, scene)
                given_back = then is False
                if given_back or then is None or isinstance(then, datetime):
                    return then if isinstance(then, datetime) else None
                scene = then if isinstance(then, _Scene) else None
            return None
    except LeaseLost:
        log.warning("worker.lease_lost", node=node_uuid)
        return None
    finally:
        if not given_back:
            async with engine.shelves.database.write_one() as connection:
                await leases.release(connection, lease)


async def _acquire(engine: Engine, node_uuid: str) -> Lease | None:
    span = Span(now(), engine.lease_duration)
    async with engine.shelves.database.write_one() as connection:
        return await leases.acquire(connection, node_uuid, engine.owner, "provisioning", span)


async def _advance(engine: Engine, lease: Lease, scene: _Scene) -> _Scene | bool | datetime | None:
    """One step.

    A scene: go on with it at once; True: go on with what is there then; False: the work is over,
    and the node free; a moment: wait until then; None: wait until somebody says so.
    """
    node, work = scene.node, scene.work
    if node.maintenance and work.flow in engine.not_in_maintenance and work.abort is None:
        work = replace(work, abort=IN_MAINTENANCE)
    structlog.contextvars.bind_contextvars(request_id=work.request_id, node=node.uuid)
    moment = now()
    if not plan.may_run(work, moment):
        return work.waiting.due_at if work.waiting is not None else None
    if (reason := plan.abort_now(work)) is not None:
        return await _keep(engine, lease, work, Failed(reason, aborted=True))
    match await its_turn(engine, lease, work):
        case Queued(until=until):
            return until
        case LeftQueue():
            return True
        case Admitted(work=work):
            pass
    if work.step is None:
        return await finish(engine, lease, work)
    if (overdue := plan.overdue(work, moment)) is not None:
        return await _keep(engine, lease, work, Failed(f"Step {work.step} {overdue}"))
    return await _run(engine, lease, replace(scene, work=work))


async def _load(engine: Engine, node_uuid: str) -> _Scene | None:
    async with engine.shelves.database.read() as connection:
        work = await work_store.find(connection, node_uuid)
        if work is None:
            return None
        node = await engine.shelves.nodes.get(connection, node_uuid)
        return _Scene(node, await port_store.of_node(connection, node_uuid), work)


async def _run(engine: Engine, lease: Lease, scene: _Scene) -> _Scene | bool | None:
    node, work = scene.node, scene.work
    step = work.step
    if step is None:
        return True
    if not scene.begun:
        async with engine.shelves.database.write() as connection:
            await leases.check(connection, lease)
            await work_store.step_begins(connection, node.uuid)
            await journal.begin(connection, work, engine.owner, now())
            # A sign that came since the node was read is used up, too: what it said must be seen.
            node = await engine.shelves.nodes.get(connection, node.uuid)
    try:
        interfaces = engine.registry.interfaces_of(node)
        task = NodeTask(engine.shelves, lease, interfaces, (node, scene.ports, work))
        outcome = await _answer(engine, interfaces, task, step)
        work = task.work
    except BessemerError as error:
        outcome = Failed(error.message)
    return await _keep(engine, lease, work, outcome)


async def _answer(
    engine: Engine, interfaces: NodeInterfaces, task: NodeTask, step: StepCall
) -> Outcome:
    """What the step says; an exception is an answer, too."""
    try:
        if step.on_children:
            return await run_on_children(engine, task, step)
        plugin = interfaces.of(step.interface)
        limit = longest_run(engine, plugin, step)
        return await in_time(_run_of(interfaces, plugin, task, step), step, limit)
    except (Transient, Unavailable) as error:
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


def _run_of(
    interfaces: NodeInterfaces, plugin: Plugin, task: NodeTask, step: StepCall
) -> Awaitable[Outcome]:
    if step.chosen and step.name in RESERVED:
        return RESERVED[step.name](task)
    if step.name in plugin.steps():
        return plugin.run_step(step.name, task, step.args)
    return interfaces.deploy.run_in_band_step(task, step.name, step.args)


async def _keep(engine: Engine, lease: Lease, work: Work, outcome: Outcome) -> _Scene | None:
    """Write the outcome down, and that the next step begins; what is there then, if anything."""
    moment = now()
    async with engine.shelves.database.write() as connection:
        present = await engine.shelves.nodes.in_hand(connection, lease)
        if present is None:
            return None
        rest = plan.after(replace(work, abort=present.abort), outcome, moment)
        if isinstance(outcome, WaitFor):
            rest = replace(rest, signalled=present.signalled)
        else:
            await journal.end(connection, work, *_ended_as(outcome), moment)
        await work_store.advance(connection, work, rest)
        node = await bring_in_line(engine, connection, present.node, rest, moment)
        ports = await port_store.of_node(connection, node.uuid)
        goes_on = _goes_on(engine, node, rest)
        if goes_on:
            await journal.begin_anew(connection, rest, engine.owner, moment)
    _report(work, outcome)
    engine.changed(work.node_uuid)
    return _Scene(node, ports, rest, begun=goes_on)


def _goes_on(engine: Engine, node: Node, work: Work) -> bool:
    """Whether the next step follows at once, in its flow's turn, with nobody against it."""
    aside = node.maintenance and work.flow in engine.not_in_maintenance and work.abort is None
    fresh = work.waiting is None and (work.index > 0 or work.failure is not None)
    stopped = aside or engine.draining.is_set() or plan.abort_now(work) is not None
    return fresh and work.step is not None and not stopped


def _ended_as(outcome: Done | Failed) -> tuple[str, str]:
    match outcome:
        case Done(detail=detail):
            return "done", detail
        case Failed(reason=reason, aborted=aborted):
            return "aborted" if aborted else "failed", reason


def _report(work: Work, outcome: Outcome) -> None:
    step = str(work.step)
    match outcome:
        case Done(detail=detail):
            log.info("step.done", step=step, detail=detail)
        case WaitFor(reason=reason):
            log.debug("step.waits", step=step, reason=reason)
        case Failed(reason=reason):
            log.error("step.failed", step=step, reason=reason)
