"""A step of a node that is carried out on its child nodes (`execute_on_child_nodes`)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bessemer.baremetal.conductor.engine import Engine
from bessemer.baremetal.conductor.lease_keeper import renewing
from bessemer.baremetal.conductor.step_deadline import in_time, longest_run
from bessemer.baremetal.conductor.task import NodeTask
from bessemer.baremetal.domain.lease import Lease, Span
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.work import (
    Done,
    Failed,
    Outcome,
    Signal,
    StepCall,
    WaitFor,
)
from bessemer.baremetal.interfaces.reserved import RESERVED
from bessemer.baremetal.store import leases
from bessemer.baremetal.store import ports as port_store
from bessemer.baremetal.store.tables import nodes
from bessemer.clock import now

PAUSE: Final = timedelta(seconds=1)
PATIENCE: Final = timedelta(hours=1)


async def run_on_children(engine: Engine, task: NodeTask, step: StepCall) -> Outcome:
    """Done once every child has done it; a child that fails is named and ends it for all."""
    children = await _children(engine, task.node)
    strangers = set(step.children) - {child.uuid for child in children}
    if strangers:
        return Failed(
            f"Step {step} was limited to {', '.join(sorted(strangers))}, but that is no child node "
            f"of {task.node.uuid}."
        )
    wanted = [child for child in children if not step.children or child.uuid in step.children]
    waits = []
    for child in wanted:
        if child.uuid in task.work.memo.get("done", ()):
            continue
        match await _run_on(engine, task, child, step):
            case Done():
                await task.note(done=[*task.work.memo.get("done", ()), child.uuid])
            case Failed(reason=reason):
                return Failed(f"Child node {child.name or child.uuid}: {reason}")
            case WaitFor() as wait:
                waits.append(f"child node {child.name or child.uuid}: {wait.reason}")
    if waits:
        return WaitFor(Signal.TIMER, PATIENCE, "; ".join(waits), look_again=PAUSE)
    return Done(f"{step} done on {len(wanted)} child nodes")


async def _children(engine: Engine, parent: Node) -> list[Node]:
    async with engine.shelves.database.read() as connection:
        mine = nodes.c.parent_node == parent.uuid
        return await engine.shelves.nodes.list(connection, [mine])


async def _run_on(engine: Engine, task: NodeTask, child: Node, step: StepCall) -> Outcome:
    purpose = f"{step} of parent node {task.node.uuid}"
    async with engine.shelves.database.write() as connection:
        span = Span(now(), engine.lease_duration)
        lease = await leases.acquire(connection, child.uuid, engine.owner, purpose, span)
    if lease is None:
        return WaitFor(Signal.TIMER, PATIENCE, "another operation holds it")
    try:
        async with renewing(engine.shelves.database, engine.lease_duration, lease):
            return await _under_lease(engine, task, lease, step)
    finally:
        async with engine.shelves.database.write() as connection:
            await leases.release(connection, lease)


async def _under_lease(engine: Engine, task: NodeTask, lease: Lease, step: StepCall) -> Outcome:
    async with engine.shelves.database.read() as connection:
        child = await engine.shelves.nodes.get(connection, lease.node_uuid)
        ports = await port_store.of_node(connection, lease.node_uuid)
    interfaces = engine.registry.interfaces_of(child)
    memo = task.work.memo.get("of", {}).get(child.uuid, {})
    work = replace(task.work, node_uuid=child.uuid, steps=(step,), index=0, memo=memo)
    of_child = ChildTask(engine.shelves, lease, interfaces, (child, ports, work))
    of_child.parent = task
    plugin = interfaces.of(step.interface)
    limit = longest_run(engine, plugin, step)
    if step.name in RESERVED:
        return await in_time(RESERVED[step.name](of_child), step, limit)
    if step.name not in plugin.steps():
        return Failed(f"its {step.interface} interface has no step {step.name}.")
    outcome = await in_time(plugin.run_step(step.name, of_child, step.args), step, limit)
    if isinstance(outcome, Done) and outcome.then:
        return Failed(f"step {step} needs further steps and cannot run on child nodes.")
    return outcome


class ChildTask(NodeTask):
    """A step's task on a child node: it changes the child, and remembers on the parent's work."""

    parent: NodeTask

    async def note(self, **memo: Any) -> None:
        self._work = replace(self._work, memo={**self._work.memo, **memo})
        of: Mapping[str, Any] = self.parent.work.memo.get("of", {})
        await self.parent.note(of={**of, self._node.uuid: self._work.memo})

    async def progress(self, done: int, total: int) -> None:
        """Several children have no one progress to show."""

    async def permit_destruction(self) -> None:
        await self.parent.permit_destruction()
