"""Each verb in each state: it leads where the table says, or is refused and nothing has changed."""

import itertools
from datetime import timedelta
from pathlib import Path

import pytest
from tests.baremetal_room import Room, a_room

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import HOLDING, WAITING, Event, State
from bessemer.baremetal.domain.provision.transitions import (
    RULES,
    TransitionRefused,
    next_state,
    verbs_from,
)
from bessemer.baremetal.domain.provision.work import FLOW_STATES, Signal, StepCall, Waiting, Work
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.operations.flows import VERBS
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.store import work as work_store
from bessemer.clock import now
from bessemer.context import admin_context, new_request_id

STEPS = (StepCall("bios", "factory_reset", chosen=True),)
NEEDS = {
    "clean": {"steps": STEPS},
    "service": {"steps": STEPS},
    "rescue": {"rescue_password": Secret("hunter22")},
}
ALLOWED = [
    (state, verb)
    for state, (verb, event) in itertools.product(State, VERBS.items())
    if event in verbs_from(state)
]
REFUSED = [pair for pair in itertools.product(State, VERBS) if pair not in ALLOWED]


@pytest.fixture
async def room(tmp_path: Path):
    async with a_room(tmp_path) as made:
        yield made


def a_request(verb: str) -> ProvisionRequest:
    return ProvisionRequest(verb, **NEEDS.get(verb, {}))


async def node_in(room: Room, state: State) -> Node:
    """A node in this state; where a worker would be waiting, with work that waits."""
    node = await room.a_node(state, instance_info={"image_source": "http://images/debian"})
    flows = [f for f, states in FLOW_STATES.items() if state in {states.waiting, states.holding}]
    if not flows:
        return node
    signal = Signal.UNHOLD if state in HOLDING else Signal.AGENT
    step = StepCall("deploy", "hold" if state in HOLDING else "wait_for_ramdisk", chosen=True)
    waiting = Waiting(signal, now(), now() + timedelta(hours=1), "a test waits")
    work = Work(
        node.uuid, flows[0], "intent", new_request_id(), steps=(step,), index=0, waiting=waiting
    )
    async with room.database.write() as connection:
        await work_store.replace(connection, work)
    return node


async def stored(room: Room, node: Node) -> tuple[Node, Work | None]:
    async with room.database.read() as connection:
        found = await room.nodes.get(connection, node.uuid)
        return found, await work_store.find(connection, node.uuid)


@pytest.mark.parametrize("state", State)
async def test_an_allowed_verb_leads_where_the_table_says(room: Room, state: State):
    for verb in (verb for source, verb in ALLOWED if source is state):
        node = await node_in(room, state)
        await provision(room.desk, admin_context(), node.uuid, a_request(verb))
        if VERBS[verb] is Event.ABORT:
            await room.run_to_rest(node.uuid)
        after, _ = await stored(room, node)
        assert after.provision_state is next_state(state, VERBS[verb]), verb


@pytest.mark.parametrize("state", State)
async def test_a_verb_that_the_table_lacks_is_refused_and_nothing_has_changed(
    room: Room, state: State
):
    node = await node_in(room, state)
    before = await stored(room, node)
    for verb in (verb for source, verb in REFUSED if source is state):
        with pytest.raises(TransitionRefused) as refusal:
            await provision(room.desk, admin_context(), node.uuid, a_request(verb))
        assert await stored(room, node) == before, verb
        assert state in refusal.value.message


def test_every_wait_can_be_begun_ended_and_failed():
    rules = {(rule.source, rule.event) for rule in RULES}
    for flow_states in FLOW_STATES.values():
        if flow_states.waiting is not None:
            assert flow_states.waiting in WAITING
            assert (flow_states.running, Event.WAIT) in rules
            assert (flow_states.waiting, Event.RESUME) in rules
        if flow_states.holding is not None:
            assert flow_states.waiting is not None
            assert {
                (flow_states.running, Event.HOLD),
                (flow_states.holding, Event.UNHOLD),
                (flow_states.waiting, Event.HOLD),
            } <= rules
        assert (flow_states.running, Event.FAIL) in rules
