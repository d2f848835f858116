"""Fast track: the ramdisk of an inspection or a cleaning serves the next flow, where it may."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.baremetal_room import Room, a_room
from tests.baremetal_task import a_node as a_plain_node
from tests.unit.baremetal_agent.rooms import SomeImages, SomeNetworks

from bessemer.baremetal.domain.node import InterfaceKind, Node, Power
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.catalogue import registry
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.baremetal.interfaces.fast_track import on_fast_track
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid

BOOT = ["power.power_off", "power.power_on"]
FAST = {"fast_track": True}


@pytest.fixture
async def room(tmp_path: Path):
    async with a_room(tmp_path) as made:
        yield made


async def switched(room: Room, node: Node, since: int = 0) -> list[str]:
    """Every step that switched the machine, by itself or within."""
    told = {*BOOT, "deploy.tear_down_agent", "deploy.boot_instance"}
    return [step for step in (await room.steps_done(node))[since:] if step in told]


async def test_from_the_inspection_to_the_instance_it_is_booted_once(room: Room):
    node = await room.a_node(State.MANAGEABLE, FAST)
    assert (await room.do(node, "inspect")).power_state is Power.ON
    available = await room.do(node, "provide")
    assert (available.provision_state, available.power_state) == (State.AVAILABLE, Power.ON)
    active = await room.do(node, "active")
    assert (active.provision_state, active.power_state) == (State.ACTIVE, Power.ON)
    leave = ["deploy.tear_down_agent", "deploy.boot_instance"]
    assert await switched(room, node) == [*BOOT, *leave]
    steps = await room.steps_done(node)
    assert steps.count("boot.prepare_ramdisk") == 1
    assert steps.count("deploy.find_ramdisk") == 2
    assert steps.count("network.add_network") == 3


async def test_cleaning_by_hand_leaves_the_ramdisk_for_the_next_cleaning(room: Room):
    node = await room.a_node(State.MANAGEABLE, FAST)
    erase = (StepCall("deploy", "erase_devices_metadata", chosen=True),)
    for _ in range(2):
        done = await room.do(node, "clean", steps=erase)
        assert (done.provision_state, done.power_state) == (State.MANAGEABLE, Power.ON)
    assert await switched(room, node) == BOOT
    assert (await room.steps_done(node)).count("deploy.erase_devices_metadata") == 2


async def test_a_ramdisk_that_runs_no_more_is_booted(room: Room):
    node = await room.a_node(State.MANAGEABLE, FAST)
    inspected = await room.do(node, "inspect")
    before = len(await room.steps_done(node))
    power = room.desk.registry.interfaces_of(inspected).power
    await power.switch(inspected, "power off")
    assert (await room.do(node, "provide")).provision_state is State.AVAILABLE
    assert await switched(room, node, before) == BOOT


async def test_after_an_error_it_is_booted_anew(room: Room):
    node = await room.a_node(State.MANAGEABLE, FAST)
    await room.do(node, "inspect")
    before = len(await room.steps_done(node))
    async with room.database.write() as connection:
        known = await room.nodes.get(connection, node.uuid)
        await room.nodes.update(connection, known, replace(known, last_error="out of order"))
    await room.do(node, "provide")
    assert await switched(room, node, before) == [*BOOT, "power.power_off"]


async def test_what_fails_is_switched_off(room: Room):
    node = await room.a_node(
        State.MANAGEABLE, {**FAST, "fake_fail_step": "deploy.erase_devices_metadata"}
    )
    done = await room.do(node, "provide")
    assert (done.provision_state, done.power_state) == (State.CLEAN_FAILED, Power.OFF)


@pytest.mark.parametrize("driver_info", [{}, {"fast_track": "no"}])
async def test_others_are_switched_off_in_between(room: Room, driver_info):
    node = await room.a_node(State.MANAGEABLE, driver_info)
    assert (await room.do(node, "inspect")).power_state is Power.OFF
    assert (await room.do(node, "provide")).power_state is Power.OFF
    assert "deploy.find_ramdisk" not in await room.steps_done(node)


async def test_the_setting_is_for_nodes_that_do_not_say(tmp_path: Path):
    async with a_room(tmp_path, fast_track=True) as room:
        fast, slow = [
            await room.a_node(State.MANAGEABLE, info) for info in ({}, {"fast_track": False})
        ]
        assert (await room.do(fast, "inspect")).power_state is Power.ON
        assert (await room.do(slow, "inspect")).power_state is Power.OFF


async def test_what_is_neither_true_nor_false_is_refused(room: Room):
    node = await room.a_node(State.MANAGEABLE, {"fast_track": "perhaps"})
    with pytest.raises(Invalid, match=r"driver_info\.fast_track must be true or false"):
        await room.do(node, "inspect")


@pytest.mark.parametrize(
    ("interfaces", "fast"),
    [
        ({InterfaceKind.NETWORK: "noop"}, True),
        ({InterfaceKind.NETWORK: "neutron"}, False),
        ({InterfaceKind.NETWORK: "flat"}, False),
        ({InterfaceKind.NETWORK: "noop", InterfaceKind.STORAGE: "external"}, False),
        ({InterfaceKind.NETWORK: "noop", InterfaceKind.DEPLOY: "noop"}, False),
    ],
)
async def test_a_machine_that_must_change_networks_is_never_on_it(interfaces, fast):
    settings = BareMetalSettings(enabled_network_interfaces=("neutron", "noop", "flat"))
    hardware = registry(
        settings,
        SomeNetworks(),
        SomeImages(),
        AgentClient(),
        IpmiClients(settings),
        None,
        Path("unused"),
    )
    node = a_plain_node(driver="fake-hardware", interfaces=interfaces, driver_info=FAST)
    assert on_fast_track(node, hardware.interfaces_of(node), usual=False) is fast
