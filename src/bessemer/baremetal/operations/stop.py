"""Stop and go: `abort` ends work that waits, `unhold` lets work go on that is parked."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import Event, State
from bessemer.baremetal.domain.provision.transitions import next_state
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store import work as work_store
from bessemer.clock import now
from bessemer.context import RequestContext
from bessemer.errors import Invalid


async def abort(
    desk: Desk, connection: AsyncConnection, node: Node, context: RequestContext
) -> None:
    """Ask the worker to stop; a step that must not be interrupted comes to its end first."""
    who = context.user_name or "somebody"
    reason = f"aborted by {who} while in state {node.provision_state}"
    if await work_store.request_abort(connection, node.uuid, reason):
        return
    state = next_state(node.provision_state, Event.ABORT)
    stopped = replace(
        node.in_state(state, now()),
        target_provision_state=None if state is State.ACTIVE else node.target_provision_state,
        last_error=None if state is State.ACTIVE else reason,
        intent=None,
    )
    if state is State.ACTIVE and node.fault == "service failure":
        stopped = replace(stopped, fault=None, maintenance=False, maintenance_reason=None)
    await desk.shelves.nodes.save_states(connection, stopped)


async def unhold(desk: Desk, connection: AsyncConnection, node: Node) -> None:
    """The hold step is done. Raises Invalid when none holds the node."""
    if not await work_store.release(connection, node.uuid):
        raise Invalid(f"No hold step holds node {node.uuid}, so there is nothing to release.")
    state = next_state(node.provision_state, Event.UNHOLD)
    await desk.shelves.nodes.save_states(connection, node.in_state(state, now()))
