"""Many allocations at once: every node is given once, nothing is lost when a process dies."""

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.baremetal_room import a_room

from bessemer.baremetal.domain.allocation import Allocation, AllocationState
from bessemer.baremetal.domain.lease import Span
from bessemer.baremetal.domain.node import Power
from bessemer.baremetal.operations.allocations import Allocations, Allocator, allocate
from bessemer.baremetal.operations.records import RecordPage
from bessemer.baremetal.store import leases
from bessemer.clock import now
from bessemer.errors import NotFound


@pytest.fixture
async def room(tmp_path):
    async with a_room(tmp_path) as made:
        yield made


async def free_nodes(room, count: int) -> list[str]:
    made = [await room.a_node() for _ in range(count)]
    async with room.database.write() as connection:
        for node in made:
            node = replace(node, resource_class="baremetal", power_state=Power.OFF)
            await room.nodes.save(connection, node)
            await room.nodes.save_states(connection, node)
    return [node.uuid for node in made]


async def ask(room, count: int) -> list[Allocation]:
    desk = Allocations(room.desk)
    return [await desk.create(Allocation(str(uuid.uuid4()), "baremetal")) for _ in range(count)]


async def test_twenty_allocations_race_for_ten_nodes(room):
    nodes = await free_nodes(room, 10)
    wanted = await ask(room, 20)
    await asyncio.gather(*(allocate(room.desk, each) for each in wanted))
    found = await Allocations(room.desk).list(RecordPage())
    active = [each for each in found if each.state is AllocationState.ACTIVE]
    assert sorted(str(each.node_uuid) for each in active) == sorted(nodes)
    assert [each.state for each in found].count(AllocationState.ERROR) == 10
    async with room.database.read() as connection:
        for each in active:
            node = await room.nodes.get(connection, str(each.node_uuid))
            assert node.instance_uuid == node.allocation_uuid == each.uuid


async def test_two_conductors_see_to_the_same_allocations_side_by_side(room):
    nodes = await free_nodes(room, 6)
    await ask(room, 6)
    await asyncio.gather(Allocator(room.desk).round(), Allocator(room.desk).round())
    found = await Allocations(room.desk).list(RecordPage())
    assert {each.state for each in found} == {AllocationState.ACTIVE}
    assert {each.node_uuid for each in found} == set(nodes)


async def test_an_allocation_that_a_killed_process_left_is_taken_up(room):
    [left] = await ask(room, 1)
    [node] = await free_nodes(room, 1)
    await Allocator(room.desk).round()
    assert (await Allocations(room.desk).get(left.uuid)).node_uuid == node


async def test_an_allocation_waits_for_a_node_that_is_held_but_not_for_ever(room):
    [node] = await free_nodes(room, 1)
    [wanted] = await ask(room, 1)
    async with room.database.write() as connection:
        span = Span(now(), timedelta(minutes=5))
        lease = await leases.take(connection, node, "other:1", "power sync", span)
    await allocate(room.desk, wanted)
    desk = Allocations(room.desk)
    assert (await desk.get(wanted.uuid)).state is AllocationState.ALLOCATING
    long_ago = replace(wanted, created_at=now() - room.settings.allocation_patience * 2)
    [other] = await ask(room, 1)
    await allocate(room.desk, replace(other, created_at=long_ago.created_at))
    failed = await desk.get(other.uuid)
    assert failed.state is AllocationState.ERROR
    assert "others hold them" in str(failed.last_error)
    async with room.database.write() as connection:
        await leases.release(connection, lease)
    await Allocator(room.desk).round()
    assert (await desk.get(wanted.uuid)).node_uuid == node


async def test_an_allocation_deleted_meanwhile_takes_no_node(room):
    [node] = await free_nodes(room, 1)
    [wanted] = await ask(room, 1)
    await Allocations(room.desk).delete(wanted.uuid)
    await allocate(room.desk, wanted)
    async with room.database.read() as connection:
        assert (await room.nodes.get(connection, node)).instance_uuid is None
    with pytest.raises(NotFound):
        await Allocations(room.desk).get(wanted.uuid)
