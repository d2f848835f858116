"""Every verb is asked of a node in every state: taken where Ironic takes it, else refused without a trace."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pytest
from tests.api.baremetal.cloud import fault
from tests.api.baremetal.world import World

from bessemer.baremetal.domain.provision.states import TARGETS, State
from bessemer.baremetal.domain.provision.work import (
    FLOW_STATES,
    Flow,
    Signal,
    StepCall,
    Waiting,
    Work,
)
from bessemer.baremetal.store import work as work_store
from bessemer.clock import now
from bessemer.context import new_request_id

_STEPS: Final = [{"interface": "deploy", "step": "erase_devices", "args": {}}]
VERBS: Final[dict[str, dict[str, Any]]] = {
    "active": {},
    "deploy": {},
    "rebuild": {},
    "deleted": {},
    "undeploy": {},
    "manage": {},
    "provide": {},
    "inspect": {},
    "abort": {},
    "clean": {"clean_steps": _STEPS},
    "adopt": {},
    "rescue": {"rescue_password": "open sesame"},
    "unrescue": {},
    "service": {"service_steps": _STEPS},
    "unhold": {},
}
"""With the arguments that go with them."""

TAKEN: Final = {
    "enroll": "manage",
    "verifying": "",
    "manageable": "provide inspect clean adopt",
    "available": "active deploy manage",
    "active": "rebuild deleted undeploy rescue service",
    "error": "rebuild deleted undeploy",
    "rescue": "deleted undeploy rescue unrescue",
    "deploying": "",
    "wait call-back": "deleted undeploy abort",
    "deploy hold": "abort unhold",
    "deploy failed": "active deploy rebuild deleted undeploy",
    "cleaning": "",
    "clean wait": "abort",
    "clean hold": "abort unhold",
    "clean failed": "manage",
    "deleting": "",
    "inspecting": "",
    "inspect wait": "abort",
    "inspect failed": "manage inspect",
    "adopting": "",
    "adopt failed": "manage adopt",
    "rescuing": "",
    "rescue wait": "deleted undeploy abort",
    "rescue failed": "deleted undeploy rescue unrescue",
    "unrescuing": "",
    "unrescue failed": "deleted undeploy rescue unrescue",
    "servicing": "",
    "service wait": "deleted undeploy abort",
    "service hold": "abort unhold service",
    "service failed": "deleted undeploy abort rescue service",
}
"""What Ironic 39.0.0 answered with 202 when all this was asked of it; but for `manage` in cleaning and
`clean` in deleting, by which its own engine moves on, and which it takes from anybody."""

WHERE_IT_IS: Final = {
    state: flow
    for flow, states in FLOW_STATES.items()
    for state in (states.running, states.waiting, states.holding)
    if state is not None
}
"""In which flow a node is in each state on the way to another."""


@dataclass(frozen=True)
class Picture:
    """All that is kept of a node."""

    node: Any
    work: Work | None
    history: Any
    timeline: Any


async def picture(world: World, uuid: str) -> Picture:
    async with world.cloud.desk.reading() as connection:
        work = await work_store.find(connection, uuid)
    return Picture(
        await world.cloud.stored(uuid),
        work,
        (await world.get(f"/v1/nodes/{uuid}/history")).json,
        (await world.get(f"/v1/nodes/{uuid}/timeline")).json,
    )


async def node_in(world: World, state: State) -> str:
    """The uuid of a new node in this state; on its way, its step waits for longer than the test runs."""
    instance = {"image_source": "http://images.test/debian.img"}
    uuid = (await world.cloud.enrol(rescue_interface="fake", instance_info=instance))["uuid"]
    flow = WHERE_IT_IS.get(state)
    target = TARGETS[FLOW_STATES[flow].running] if flow else None
    await world.cloud.put_in_state(uuid, state, target_provision_state=target)
    if flow is not None:
        held = state is FLOW_STATES[flow].holding
        await give_work(world, uuid, flow, Signal.UNHOLD if held else Signal.AGENT)
    return uuid


async def give_work(world: World, uuid: str, flow: Flow, signal: Signal) -> None:
    waiting = Waiting(signal, now(), now() + timedelta(hours=1), "something outside")
    step = StepCall("deploy", "erase_devices")
    work = Work(uuid, flow, "intent", new_request_id(), (step,), waiting=waiting)
    async with world.cloud.desk.shelves.database.write() as connection:
        await work_store.replace(connection, work)


async def ask(world: World, uuid: str, verb: str):
    body = {"target": verb, **VERBS[verb]}
    return await world.ask("PUT", f"/v1/nodes/{uuid}/states/provision", body)


def test_the_table_has_every_state_and_knows_its_verbs():
    assert set(TAKEN) == {str(state) for state in State}
    assert {verb for verbs in TAKEN.values() for verb in verbs.split()} == set(VERBS)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("state", State)
async def test_what_does_not_fit_the_state_is_refused_and_changes_nothing(
    world: World, state: State
):
    uuid = await node_in(world, state)
    before = await picture(world, uuid)
    for verb in sorted(set(VERBS) - set(TAKEN[state].split())):
        answer = await ask(world, uuid, verb)
        assert answer.status == 400, (verb, answer.content)
        assert f'can not be performed on a node in state "{state}"' in fault(answer)
    assert await picture(world, uuid) == before


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("state", "verb"),
    [(State(state), verb) for state, verbs in TAKEN.items() for verb in verbs.split()],
)
async def test_what_fits_the_state_is_taken_and_begun(world: World, state: State, verb: str):
    uuid = await node_in(world, state)
    before = await picture(world, uuid)
    answer = await ask(world, uuid, verb)
    assert answer.status == 202, answer.content
    assert answer.headers["Location"].endswith(f"/v1/nodes/{uuid}/states")
    assert await picture(world, uuid) != before


AT_WORK: Final = frozenset(
    [
        "deploying",
        "wait call-back",
        "cleaning",
        "clean wait",
        "deleting",
        "adopting",
        "rescuing",
        "rescue wait",
        "unrescuing",
        "servicing",
        "inspecting",
    ]
)
REMOVABLE: Final = frozenset({"enroll", "manageable", "available", "adopt failed"})
REFUSED: Final[dict[str, tuple[str, str, Any, int, frozenset[str]]]] = {
    "power": (
        "PUT",
        "/states/power",
        {"target": "power on"},
        400,
        frozenset({"cleaning", "clean wait"}),
    ),
    "boot mode": (
        "PUT",
        "/states/boot_mode",
        {"target": "uefi"},
        409,
        AT_WORK | {"verifying", "service wait", "inspect wait"},
    ),
    "change": (
        "PATCH",
        "",
        [{"op": "add", "path": "/extra/rack", "value": "r1"}],
        409,
        AT_WORK | {"deploy hold", "clean hold", "service wait"},
    ),
    "removal": ("DELETE", "", None, 409, frozenset(TAKEN) - REMOVABLE),
}
"""Method, path, body; the status that refuses, and the states in which Ironic 39.0.0 did so."""


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("state", State)
async def test_other_requests_that_do_not_fit_the_state_are_refused_and_change_nothing(
    world: World, state: State
):
    uuid = await node_in(world, state)
    before = await picture(world, uuid)
    for what, (method, path, body, status, states) in REFUSED.items():
        if state in states:
            answer = await world.ask(method, f"/v1/nodes/{uuid}{path}", body)
            assert answer.status == status, (what, answer.content)
            assert state in fault(answer)
    assert await picture(world, uuid) == before


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("state", State)
async def test_other_requests_that_fit_the_state_are_taken(world: World, state: State):
    for what, (method, path, body, _, states) in REFUSED.items():
        if state not in states:
            uuid = await node_in(world, state)
            answer = await world.ask(method, f"/v1/nodes/{uuid}{path}", body)
            assert answer.status < 300, (what, answer.content)
