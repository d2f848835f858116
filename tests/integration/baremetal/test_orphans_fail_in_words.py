"""A node that is on its way somewhere without work in the database, as after a restore."""

import pytest
from tests.baremetal_room import a_room

from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations.orphans import ON_THE_WAY, fail_orphans
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.store import history
from bessemer.context import admin_context


@pytest.fixture
async def room(tmp_path):
    async with a_room(tmp_path) as made:
        yield made


async def stored(room, node):
    async with room.database.read() as connection:
        return await room.nodes.get(connection, node.uuid)


@pytest.mark.parametrize("state", sorted(ON_THE_WAY))
async def test_it_fails_from_every_state(room, state):
    node = await room.a_node(state)
    await fail_orphans(room.desk)
    failed = await stored(room, node)
    assert failed.provision_state not in ON_THE_WAY
    assert f"The node was {state}" in failed.last_error
    async with room.database.read() as connection:
        (entry,) = await history.of_node(connection, node.uuid)
    assert entry.event == failed.last_error


async def test_those_with_work_go_on(room):
    node = await room.a_node(State.MANAGEABLE)
    await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("provide"))
    await fail_orphans(room.desk)
    assert (await stored(room, node)).provision_state is State.CLEANING
    assert (await room.run_to_rest(node.uuid)).provision_state is State.AVAILABLE


async def test_those_at_rest_stay(room):
    resting = [await room.a_node(state) for state in set(State) - ON_THE_WAY]
    await fail_orphans(room.desk)
    for node in resting:
        assert (await stored(room, node)).provision_state is node.provision_state
