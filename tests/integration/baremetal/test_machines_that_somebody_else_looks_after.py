"""Deploy interface noop: nodes pass through all states while nothing happens to their machines."""

from pathlib import Path

import pytest
from tests.baremetal_room import Room, a_room

from bessemer.baremetal.domain.node import InterfaceKind, Power
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.errors import Invalid

NOOP = {InterfaceKind.DEPLOY: "noop"}


@pytest.fixture
async def room(tmp_path: Path):
    async with a_room(tmp_path) as made:
        yield made


async def test_a_whole_life_leaves_the_machine_alone(room: Room):
    node = await room.a_node(State.MANAGEABLE, interfaces=NOOP, power_state=Power.ON)
    for verb, state in (
        ("provide", State.AVAILABLE),
        ("active", State.ACTIVE),
        ("deleted", State.AVAILABLE),
    ):
        node = await room.do(node, verb)
        assert (node.provision_state, node.power_state) == (state, Power.ON), verb
    assert await room.steps_done(node) == ["network.detach_vifs", "deploy.release_instance"]
    assert node.driver_internal_info == {}


async def test_its_instance_is_forgotten_in_the_end(room: Room):
    node = await room.a_node(State.ACTIVE, interfaces=NOOP, instance_info={"display_name": "web"})
    gone = await room.do(node, "deleted")
    assert (gone.instance_uuid, gone.instance_info) == (None, {})


async def test_it_can_be_adopted(room: Room):
    node = await room.a_node(State.MANAGEABLE, interfaces=NOOP)
    adopted = await room.do(node, "adopt")
    assert adopted.provision_state is State.ACTIVE


async def test_steps_of_the_bmc_run_and_nothing_is_booted_for_them(room: Room):
    node = await room.a_node(State.MANAGEABLE, interfaces=NOOP, power_state=Power.ON)
    reset = StepCall("bios", "factory_reset", chosen=True)
    cleaned = await room.do(node, "clean", steps=(reset,))
    assert (cleaned.provision_state, cleaned.power_state) == (State.MANAGEABLE, Power.ON)
    assert await room.steps_done(node) == ["bios.factory_reset"]


@pytest.mark.parametrize(
    ("state", "verb"),
    [(State.MANAGEABLE, "clean"), (State.AVAILABLE, "active"), (State.ACTIVE, "service")],
)
async def test_steps_of_an_agent_are_refused_in_words(room: Room, state: State, verb: str):
    node = await room.a_node(state, interfaces=NOOP)
    step = StepCall("deploy", "burnin_cpu", {"minutes": 1}, priority=50, chosen=True)
    with pytest.raises(Invalid, match=r"deploy\.burnin_cpu.*a deploy interface that boots one"):
        await room.do(node, verb, steps=(step,))


async def test_what_it_would_take_to_boot_it_does_not_matter(room: Room):
    unfit = {"fake_step_delay_s": "not a mapping"}
    booted = await room.a_node(State.AVAILABLE, unfit)
    with pytest.raises(Invalid, match="fake_step_delay_s"):
        await room.do(booted, "active")
    node = await room.a_node(State.AVAILABLE, unfit, interfaces=NOOP)
    assert (await room.do(node, "active")).provision_state is State.ACTIVE
