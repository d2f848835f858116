"""`inspection_started_at` while a machine is looked at, `inspection_finished_at` from then on."""

from pathlib import Path

import pytest
from tests.baremetal_room import Room, a_room

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.clock import now
from bessemer.context import admin_context


@pytest.fixture
async def room(tmp_path: Path):
    async with a_room(tmp_path) as made:
        yield made


async def begun(room: Room, node: Node) -> Node:
    """The node with its inspection asked for, and nothing of it done."""
    await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("inspect"))
    async with room.database.read() as connection:
        return await room.nodes.get(connection, node.uuid)


async def test_one_that_ends_well(room: Room):
    node = await room.a_node(State.MANAGEABLE)
    before = now()
    first = await begun(room, node)
    assert first.inspection_started_at is not None
    assert before <= first.inspection_started_at <= now()
    assert first.inspection_finished_at is None

    done = await room.run_to_rest(node.uuid)
    assert done.provision_state is State.MANAGEABLE
    assert done.inspection_started_at is None
    assert done.inspection_finished_at is not None
    assert first.inspection_started_at <= done.inspection_finished_at <= now()

    assert (await begun(room, node)).inspection_finished_at is None
    again = await room.run_to_rest(node.uuid)
    assert again.inspection_finished_at is not None
    assert again.inspection_finished_at > done.inspection_finished_at


async def test_one_that_fails_is_not_finished(room: Room):
    node = await room.a_node(State.MANAGEABLE, {"fake_fail_step": "inspect.process_data"})
    assert (await begun(room, node)).inspection_started_at is not None
    failed = await room.run_to_rest(node.uuid)
    assert failed.provision_state is State.INSPECT_FAILED
    assert (failed.inspection_started_at, failed.inspection_finished_at) == (None, None)


async def test_it_began_before_the_wait_for_the_ramdisk_and_other_work_leaves_its_end_alone():
    node = Node("u", "fake-hardware", State.MANAGEABLE)
    began, later, ended = now(), now(), now()
    waiting = node.in_state(State.INSPECTING, began).in_state(State.INSPECT_WAIT, later)
    resumed = waiting.in_state(State.INSPECTING, later)
    assert resumed.inspection_started_at is began
    done = resumed.in_state(State.MANAGEABLE, ended).in_state(State.CLEANING, now())
    assert (done.inspection_started_at, done.inspection_finished_at) == (None, ended)
