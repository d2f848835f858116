"""Power sync: what BMCs report against what is recorded, and BMCs that do not report."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.baremetal_room import HOST, Room, a_room

from bessemer.baremetal.domain.lease import NodeLocked, Span
from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations import set_power
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.sync_power import AT_REST, PowerSync
from bessemer.baremetal.store import history, leases
from bessemer.clock import now

MAX_RETRIES = 3


@pytest.fixture
async def room(tmp_path):
    async with a_room(tmp_path) as made:
        yield made


async def power_of(room: Room, node: Node) -> Power:
    """What the machine itself says."""
    power = room.desk.registry.interfaces_of(node).power
    return await power.get_power_state(node)


async def stored(room: Room, node: Node) -> Node:
    async with room.database.read() as connection:
        return await room.nodes.get(connection, node.uuid)


async def changed(room: Room, node: Node, **states) -> Node:
    async with room.database.write() as connection:
        present = replace(await room.nodes.get(connection, node.uuid), **states)
        await room.nodes.save(connection, present)
        await room.nodes.save_states(connection, present)
    return present


async def a_machine_that_is_on(room: Room, state: State = State.ACTIVE, **states) -> Node:
    node = await room.a_node(state)
    power = room.desk.registry.interfaces_of(node).power
    await power.switch(node, PowerTarget.ON)
    return await changed(room, node, **{"power_state": Power.ON, **states})


def with_settings(room: Room, **settings) -> Desk:
    return replace(room.desk, settings=room.settings.model_copy(update=settings))


async def test_a_state_that_nobody_knew_is_recorded_with_the_health(room):
    node = await a_machine_that_is_on(room, power_state=None)
    await PowerSync(room.desk).round()
    seen = await stored(room, node)
    assert (seen.power_state, seen.health) == (Power.ON, "OK")


async def test_a_machine_switched_by_hand_is_switched_back(room):
    node = await a_machine_that_is_on(room, last_error="something old")
    power = room.desk.registry.interfaces_of(node).power
    await power.switch(node, PowerTarget.OFF)
    await PowerSync(room.desk).round()
    assert await power_of(room, node) is Power.ON
    seen = await stored(room, node)
    assert (seen.power_state, seen.target_power_state) == (Power.ON, None)
    assert seen.last_error is None


@pytest.mark.parametrize(
    ("settings", "states"),
    [
        ({"force_power_state_during_sync": False}, {}),
        ({}, {"disable_power_off": True}),
    ],
)
async def test_else_what_is_seen_is_recorded(room, settings, states):
    node = await a_machine_that_is_on(room, power_state=Power.OFF, **states)
    await PowerSync(with_settings(room, **settings)).round()
    assert await power_of(room, node) is Power.ON
    assert (await stored(room, node)).power_state is Power.ON


async def test_only_machines_at_rest_are_touched(room):
    off = {"power_state": Power.OFF}
    machines = {state: await a_machine_that_is_on(room, state, **off) for state in State}
    await PowerSync(room.desk).round()
    switched = {state for state in State if await power_of(room, machines[state]) is Power.OFF}
    assert switched == AT_REST


def test_rest_is_what_upstream_calls_so():
    assert {State.ACTIVE, State.AVAILABLE, State.DEPLOY_FAILED, State.RESCUE} <= AT_REST
    never = {State.ENROLL, State.DEPLOY_WAIT, State.CLEAN_WAIT, State.ADOPT_FAILED, State.DEPLOYING}
    assert not never & AT_REST


@pytest.mark.parametrize("states", [{"maintenance": True}, {"target_power_state": Power.OFF}])
async def test_machines_that_somebody_else_sees_to_are_left_alone(room, states):
    node = await a_machine_that_is_on(room, power_state=Power.OFF, **states)
    await PowerSync(room.desk).round()
    assert await power_of(room, node) is Power.ON


async def test_a_held_machine_is_left_alone(room):
    node = await a_machine_that_is_on(room, power_state=Power.OFF)
    async with room.database.write() as connection:
        span = Span(now(), timedelta(minutes=1))
        await leases.acquire(connection, node.uuid, f"{HOST}:x", "something", span)
    await PowerSync(room.desk).round()
    assert await power_of(room, node) is Power.ON


async def test_another_conductors_machines_are_left_alone(room):
    node = await a_machine_that_is_on(room, power_state=Power.OFF)
    await PowerSync(replace(room.desk, hostname="another")).round()
    assert await power_of(room, node) is Power.ON


async def test_a_silent_bmc_is_put_aside_and_comes_back_when_it_answers(room):
    node = await a_machine_that_is_on(room, driver_info={"fake_bmc": "refuses"})
    sync = PowerSync(room.desk)
    for _ in range(MAX_RETRIES):
        await sync.round()
        assert (await stored(room, node)).maintenance is False
    await sync.round()
    lost = await stored(room, node)
    assert (lost.maintenance, lost.fault, lost.power_state) == (True, "power failure", None)
    assert "did not answer" in lost.maintenance_reason
    assert lost.last_error == lost.maintenance_reason
    async with room.database.read() as connection:
        (entry,) = await history.of_node(connection, node.uuid)
    assert entry.event == lost.last_error
    await sync.recover()
    assert (await stored(room, node)).fault == "power failure"
    await changed(room, node, driver_info={})
    await sync.recover()
    well = await stored(room, node)
    assert (well.maintenance, well.maintenance_reason, well.fault) == (False, None, None)
    assert (well.power_state, well.last_error) == (Power.ON, None)


async def test_one_good_answer_begins_the_count_anew(room):
    node = await a_machine_that_is_on(room)
    sync = PowerSync(room.desk)
    for _ in range(3):
        await changed(room, node, driver_info={"fake_bmc": "busy"})
        for _ in range(MAX_RETRIES):
            await sync.round()
        await changed(room, node, driver_info={})
        await sync.round()
    assert (await stored(room, node)).fault is None


async def test_a_machine_that_does_not_stay_as_it_is_told_is_put_aside(room):
    node = await a_machine_that_is_on(room)
    power = room.desk.registry.interfaces_of(node).power
    sync = PowerSync(room.desk)
    for _ in range(MAX_RETRIES + 1):
        await power.switch(node, PowerTarget.OFF)
        await sync.round()
    aside = await stored(room, node)
    assert (aside.fault, aside.power_state) == ("power failure", Power.OFF)
    assert "recorded is power on" in aside.maintenance_reason


async def test_maintenance_of_another_kind_is_nobodys_to_end(room):
    node = await a_machine_that_is_on(room, maintenance=True, fault="clean failure")
    await PowerSync(room.desk).recover()
    assert (await stored(room, node)).maintenance is True


async def test_an_order_that_died_with_its_process_is_forgotten_at_the_start(room):
    node = await a_machine_that_is_on(room)
    order = await set_power.accept(room.desk, node.uuid, PowerTarget.OFF)
    await set_power.forget_lost_orders(room.desk)
    assert (await stored(room, node)).target_power_state is Power.OFF
    await room.forget_leases()
    await set_power.forget_lost_orders(room.desk)
    lost = await stored(room, node)
    assert lost.target_power_state is None
    assert "before it saw the node reach power off" in lost.last_error
    assert order.node.uuid == node.uuid


async def test_a_second_order_waits_for_the_first(room):
    node = await a_machine_that_is_on(room)
    order = await set_power.accept(room.desk, node.uuid, PowerTarget.OFF)
    with pytest.raises(NodeLocked, match="locked"):
        await set_power.accept(room.desk, node.uuid, PowerTarget.ON)
    await set_power.carry_out(room.desk, order)
    await set_power.carry_out(
        room.desk, await set_power.accept(room.desk, node.uuid, PowerTarget.ON)
    )
    assert await power_of(room, node) is Power.ON
