"""Nodes on the way to a state without work that would bring them there: they fail, in words.

Work and state are written together, so this comes from outside: a database restored or repaired.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Final

import structlog
from sqlalchemy import exists

from bessemer.baremetal.domain.lease import NodeLocked
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import Event
from bessemer.baremetal.domain.provision.transitions import events_from, next_state
from bessemer.baremetal.domain.provision.work import FLOW_STATES
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store import history
from bessemer.baremetal.store import work as work_store
from bessemer.baremetal.store.tables import nodes, work
from bessemer.clock import now
from bessemer.errors import NotFound

log = structlog.get_logger()

ON_THE_WAY: Final = frozenset(
    state
    for flow in FLOW_STATES.values()
    for state in (flow.running, flow.waiting, flow.holding)
    if state is not None
)


async def fail_orphans(desk: Desk) -> None:
    """Let every such node fail that nobody holds; the others are seen the next time."""
    workless = ~exists().where(work.c.node_uuid == nodes.c.uuid)
    async with desk.reading() as connection:
        found = await desk.shelves.nodes.list(
            connection, [nodes.c.provision_state.in_(ON_THE_WAY), workless]
        )
    for node in found:
        with suppress(NodeLocked, NotFound):
            await _fail(desk, node.uuid)


async def _fail(desk: Desk, node_uuid: str) -> None:
    async with desk.changing_now(node_uuid) as (connection, node):
        if node.provision_state not in ON_THE_WAY or await work_store.find(connection, node.uuid):
            return
        failed = _failed(node)
        await desk.shelves.nodes.save_states(connection, failed)
        await history.record(
            connection,
            failed,
            failed.last_error or "",
            event_type="orphan",
            conductor=desk.hostname,
        )
    log.error("node.orphan", node=node.uuid, state=node.provision_state)
    await desk.tell(node.uuid)


def _failed(node: Node) -> Node:
    state = node.provision_state
    event = Event.FAIL if Event.FAIL in events_from(state) else Event.ABORT
    words = (
        f"The node was {state}, but what was to be done is not in the database (was it restored, or "
        "changed by hand?): it cannot go on. Look at the machine, then ask for the action again."
    )
    failed = node.in_state(next_state(state, event), now())
    return replace(failed, target_provision_state=None, last_error=words, intent=None)
