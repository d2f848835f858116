"""The automatic lessee: the instance's project, or the request's, for as long as the instance lasts."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.baremetal_room import Room, a_room

from bessemer.baremetal.domain.node import AUTOMATIC_LESSEE, Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.settings import LesseeSource
from bessemer.context import RequestContext

ALICE = RequestContext(user_id="u-alice", project_id="p-alice", roles=frozenset({"admin"}))


@pytest.fixture
async def room(tmp_path: Path):
    async with a_room(tmp_path) as made:
        yield made


async def a_node(room: Room, **changes) -> Node:
    """Available, with an instance of project `p-instance`."""
    made = await room.a_node(State.AVAILABLE)
    node = replace(made, instance_info={"project_id": "p-instance"}, **changes)
    async with room.database.write() as connection:
        await room.nodes.save(connection, node)
    return node


async def do(room: Room, node: Node, verb: str) -> Node:
    await provision(room.desk, ALICE, node.uuid, ProvisionRequest(verb))
    return await room.run_to_rest(node.uuid)


@pytest.mark.parametrize(
    ("source", "lessee"),
    [
        (LesseeSource.INSTANCE, "p-instance"),
        (LesseeSource.REQUEST, "p-alice"),
        (LesseeSource.NONE, None),
    ],
)
async def test_the_lease_begins_with_the_deploy_and_ends_with_the_instance(
    room: Room, source: LesseeSource, lessee: str | None
):
    settings = room.desk.settings.model_copy(update={"automatic_lessee_source": source})
    room.desk = replace(room.desk, settings=settings)
    node = await a_node(room)
    active = await do(room, node, "active")
    assert (active.provision_state, active.lessee) == (State.ACTIVE, lessee)
    free = await do(room, node, "deleted")
    assert (free.provision_state, free.lessee) == (State.AVAILABLE, None)
    assert AUTOMATIC_LESSEE not in free.driver_internal_info


async def test_a_lessee_that_somebody_named_stays(room: Room):
    node = await a_node(room, lessee="p-named")
    assert (await do(room, node, "active")).lessee == "p-named"
    assert (await do(room, node, "deleted")).lessee == "p-named"


async def test_an_instance_of_no_project_leases_nothing(room: Room):
    node = await room.a_node(State.AVAILABLE)
    assert (await do(room, node, "active")).lessee is None
