"""A node's provision state follows its work: running, waiting for a sign from outside, or held."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.conductor.engine import Engine
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import Event, State
from bessemer.baremetal.domain.provision.transitions import next_state
from bessemer.baremetal.domain.provision.work import FLOW_STATES, FlowStates, Signal, Work
from bessemer.clock import now


async def bring_in_line(
    engine: Engine, connection: AsyncConnection, node: Node, work: Work, moment: datetime | None
) -> Node:
    """The node, its provision state in line with whether the work waits for a sign from outside.

    `node`: as it was read in this transaction. `moment`: since when it is in that state; None
    leaves it as it was, which is its place in the queue.
    """
    states = FLOW_STATES[work.flow]
    signal = work.waiting.signal if work.waiting is not None else Signal.TIMER
    wanted = states.holding if signal is Signal.UNHOLD else states.waiting
    wanted = states.running if signal is Signal.TIMER or wanted is None else wanted
    state = node.provision_state
    while state is not wanted:
        state = next_state(state, _event_towards(wanted, state, states))
    if state is node.provision_state:
        return node
    since = moment or node.provision_updated_at or now()
    return await engine.shelves.nodes.update(connection, node, node.in_state(state, since))


def _event_towards(wanted: State, state: State, states: FlowStates) -> Event:
    """From a hold the way leads over the waiting state, whatever is wanted."""
    if state is states.holding:
        return Event.UNHOLD
    if wanted is states.running:
        return Event.RESUME
    return Event.HOLD if wanted is states.holding else Event.WAIT
