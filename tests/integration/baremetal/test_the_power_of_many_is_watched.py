"""Power sync of many nodes: each once, by its own conductor, with what goes wrong in sight."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.baremetal_room import HOST, Room, a_room
from tests.integration.baremetal.test_power_is_watched import changed, stored

from bessemer.baremetal.domain.lease import Span
from bessemer.baremetal.domain.node import Power
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations.sync_power import PowerSync
from bessemer.baremetal.store import conductors, leases
from bessemer.clock import now

AN_HOUR = timedelta(hours=1)
MANY = 450
"""More than are read or written at once."""


@pytest.fixture
async def room(tmp_path):
    async with a_room(tmp_path) as made:
        yield made


async def powers(room: Room) -> list[Power | None]:
    async with room.database.read() as connection:
        return [node.power_state for node in await room.nodes.list(connection)]


async def test_every_node_is_looked_at_and_written(room):
    for _ in range(MANY):
        await room.a_node(State.AVAILABLE)
    await PowerSync(room.desk).round()
    assert await powers(room) == [Power.OFF] * MANY


async def test_conductors_share_the_nodes_by_the_ring(room):
    async with room.database.write() as connection:
        types = list(room.desk.registry.hardware_types)
        await conductors.register(connection, "another", "", types, "2")
    for _ in range(40):
        await room.a_node(State.AVAILABLE)
    await PowerSync(room.desk).round()
    mine = (await powers(room)).count(Power.OFF)
    assert 0 < mine < 40
    await PowerSync(replace(room.desk, hostname="another")).round()
    assert await powers(room) == [Power.OFF] * 40


async def test_what_goes_wrong_is_seen_at_once_and_forgotten_when_it_is_well(room):
    node = await room.a_node(
        State.AVAILABLE, power_state=Power.OFF, health="OK", driver_info={"fake_bmc": "refuses"}
    )
    sync = PowerSync(room.desk)
    for count in (1, 2):
        await sync.round()
        seen = await stored(room, node)
        assert f"failed {count} times in a row. The BMC did not answer" in seen.last_error
        assert (seen.fault, seen.power_state) == (None, Power.OFF)
    await changed(room, node, driver_info={})
    await PowerSync(room.desk).round()  # of a process that began anew
    assert (await stored(room, node)).last_error is None


async def test_one_odd_machine_does_not_keep_the_others_from_being_looked_at(room, monkeypatch):
    odd, *others = [await room.a_node(State.AVAILABLE) for _ in range(5)]
    power = room.desk.registry.interfaces_of(odd).power
    look = power.get_power_state

    async def breaks(asked):
        if asked.uuid == odd.uuid:
            raise KeyError("nobody thought of this")
        return await look(asked)

    monkeypatch.setattr(power, "get_power_state", breaks)
    await PowerSync(room.desk).round()
    assert {(await stored(room, each)).power_state for each in others} == {Power.OFF}
    assert (await stored(room, odd)).power_state is None


async def test_somebody_elses_error_outlives_a_good_look(room):
    words = "The deploy failed."
    node = await room.a_node(State.DEPLOY_FAILED, last_error=words, power_state=Power.OFF)
    await PowerSync(room.desk).round()
    assert (await stored(room, node)).last_error == words


async def test_a_node_that_is_taken_during_the_look_is_not_written(room, monkeypatch):
    node = await room.a_node(State.AVAILABLE)
    power = room.desk.registry.interfaces_of(node).power
    look = power.get_power_state

    async def taken_meanwhile(asked):
        async with room.database.write() as connection:
            await leases.acquire(connection, node.uuid, f"{HOST}:x", "work", Span(now(), AN_HOUR))
        return await look(asked)

    monkeypatch.setattr(power, "get_power_state", taken_meanwhile)
    await PowerSync(room.desk).round()
    assert (await stored(room, node)).power_state is None
