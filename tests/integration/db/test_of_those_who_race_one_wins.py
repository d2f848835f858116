"""Two processes and many requests at one moment: rules hold that no single row can keep."""

import asyncio
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from tests.baremetal_room import HOST, Room, a_room
from tests.baremetal_task import a_port
from tests.databases import url_of

from bessemer.baremetal.conductor.task import Shelves
from bessemer.baremetal.conductor.turns import Admitted, its_turn
from bessemer.baremetal.domain.chassis import Chassis
from bessemer.baremetal.domain.lease import Span
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import Flow, Work
from bessemer.baremetal.operations import nodes as operations
from bessemer.baremetal.operations.chassis import all_chassis
from bessemer.baremetal.operations.ports import Ports
from bessemer.baremetal.store import conductors, leases
from bessemer.baremetal.store import work as work_store
from bessemer.baremetal.store.fake_machines import FakeMachines
from bessemer.baremetal.store.ports import PORTS
from bessemer.clock import now
from bessemer.db.engine import open_database
from bessemer.errors import Conflict, Invalid
from bessemer.identity.domain.people import Assignment, Role, User
from bessemer.identity.store import people

MANY = 12


@dataclass
class Two:
    """One room in two processes' shoes: two pools of connections to the same database."""

    rooms: tuple[Room, Room]

    def __getitem__(self, number: int) -> Room:
        return self.rooms[number % 2]


@pytest.fixture
async def two(tmp_path):
    async with a_room(tmp_path) as room:
        other = open_database(url_of(room.database))
        desk = replace(room.desk, shelves=Shelves(other, room.nodes))
        yield Two((room, Room(other, desk, room.settings)))
        await other.close()


async def race(*attempts):
    """How each ended: its answer, or its error."""
    async with asyncio.timeout(120):
        return await asyncio.gather(*attempts, return_exceptions=True)


async def test_a_lease_has_one_holder(two):
    node = await two[0].a_node()

    async def acquire(number):
        async with two[number].database.write() as connection:
            span = Span(now(), timedelta(minutes=1))
            return await leases.acquire(connection, node.uuid, f"h:{number}", "test", span)

    ends = await race(*(acquire(number) for number in range(MANY)))
    assert len([lease for lease in ends if lease is not None]) == 1


async def test_what_is_written_under_a_lease_and_its_takeover_exclude_each_other(two):
    node = await two[0].a_node()
    async with two[0].database.write() as connection:
        old = await leases.acquire(
            connection, node.uuid, "old", "test", Span(now(), timedelta(milliseconds=1))
        )
    checked, order = asyncio.Event(), []

    async def write_late():
        async with two[0].database.write() as connection:
            await leases.check(connection, old)
            checked.set()
            await two[0].nodes.get(connection, node.uuid)
            order.append("written")

    async def take_over():
        await checked.wait()
        async with two[1].database.write() as connection:
            span = Span(now() + timedelta(minutes=1), timedelta(minutes=1))
            assert await leases.acquire(connection, node.uuid, "new", "test", span)
            order.append("taken over")

    assert await race(write_late(), take_over()) == [None, None]
    assert order == ["written", "taken over"]


async def test_a_node_is_claimed_once(two):
    node = await two[0].a_node()

    async def claim(number):
        async with two[number].database.write() as connection:
            return await two[number].nodes.claim(connection, node.uuid, str(uuid.uuid4()))

    ends = await race(*(claim(number) for number in range(MANY)))
    assert ends.count(True) == 1
    assert ends.count(False) == MANY - 1


async def test_an_instance_claims_one_node(two):
    nodes = [await two[0].a_node() for _ in range(MANY)]

    async def claim(number):
        async with two[number].database.write() as connection:
            return await two[number].nodes.claim(connection, nodes[number].uuid, nodes[0].uuid)

    ends = await race(*(claim(number) for number in range(MANY)))
    assert ends.count(True) == 1
    assert {str(end) for end in ends if end is not True} == {
        "A node with the same instance_uuid already exists."
    }


async def test_a_name_and_a_mac_belong_to_one(two):
    async def add(number):
        return await two[number].a_node(State.ENROLL, name="rack-1")

    ends = await race(*(add(number) for number in range(MANY)))
    refused = [end for end in ends if isinstance(end, Conflict)]
    assert {str(each) for each in refused} == {"A node with the same name already exists."}
    (node,) = [end for end in ends if end not in refused]

    async def plug(number):
        port = replace(a_port(node), uuid=str(uuid.uuid4()), name=f"eth{number}")
        async with two[number].database.write() as connection:
            return await PORTS.add(connection, port)

    ends = await race(*(plug(number) for number in range(MANY)))
    refused = {str(end) for end in ends if isinstance(end, Conflict)}
    assert refused == {f"A port with address {a_port(node).address} already exists."}
    assert len([end for end in ends if not isinstance(end, Exception)]) == 1


async def test_no_change_of_a_node_is_lost(two):
    node = await two[0].a_node()
    wanted = {f"CUSTOM_{number}" for number in range(MANY)}
    added = (
        operations.add_trait(two[number].desk, node.uuid, trait)
        for number, trait in enumerate(wanted)
    )
    assert await race(*added) == [None] * MANY
    async with two[0].database.read() as connection:
        assert (await two[0].nodes.get(connection, node.uuid)).traits == wanted


async def test_no_order_to_a_machine_is_lost(two):
    node = await two[0].a_node()
    machines = [FakeMachines(two[number].database) for number in range(2)]
    ends = await race(
        *(
            machines[number % 2].change(node.uuid, lambda memory, n=number: {**memory, str(n): 1})
            for number in range(MANY)
        )
    )
    assert not [end for end in ends if isinstance(end, Exception)]
    assert len(await machines[0].read(node.uuid)) == MANY


async def test_only_as_many_nodes_as_may_be_cleaned_are_admitted(two):
    limit = 3
    nodes = [await two[0].a_node(State.CLEANING, provision_updated_at=now()) for _ in range(MANY)]
    work = [Work(node.uuid, Flow.CLEAN, "1", "req-1", (), ()) for node in nodes]
    async with two[0].database.write() as connection:
        for each in work:
            await work_store.replace(connection, each)

    async def ask(number):
        engine = replace(two[number].engine(), limits={Flow.CLEAN: limit})
        async with two[number].database.write() as connection:
            span = Span(now(), timedelta(minutes=1))
            node = nodes[number].uuid
            lease = await leases.take(connection, node, engine.owner, "test", span)
        return await its_turn(engine, lease, work[number])

    ends = await race(*(ask(number) for number in reversed(range(MANY))))
    assert len([end for end in ends if isinstance(end, Admitted)]) == limit


async def test_nics_that_change_places_do_not_block_each_other(two):
    nodes = [await two[0].a_node(State.MANAGEABLE) for _ in range(2)]
    async with two[0].database.write() as connection:
        nics = [
            await PORTS.add(connection, a_port(node, number + 1))
            for number, node in enumerate(nodes)
        ]

    async def move(number, there):
        target = nodes[(number + there) % 2].uuid
        ports = Ports(two[number].desk)
        return await ports.change(nics[number].uuid, lambda port: replace(port, node_uuid=target))

    for turn in range(1, 9):
        ends = await race(move(0, turn), move(1, turn))
        assert not [end for end in ends if isinstance(end, Exception)]


async def test_a_chassis_goes_or_gets_a_node(two):
    for _ in range(4):
        chassis = await all_chassis(two[0].desk).create(Chassis(str(uuid.uuid4())))
        node = await two[0].a_node(State.ENROLL)

        def put(former, chassis_uuid=chassis.uuid):
            return replace(former, chassis_uuid=chassis_uuid)

        ends = await race(
            operations.change(
                two[0].desk, node.uuid, put, fields=["chassis_uuid"], strict_inspecting=True
            ),
            all_chassis(two[1].desk).delete(chassis.uuid),
        )
        assert len([end for end in ends if isinstance(end, Invalid)]) == 1


async def test_a_conductor_that_starts_twice_is_one(two):
    async def register(number):
        async with two[number].database.write() as connection:
            await conductors.register(connection, "twin", "", [], str(number))

    assert await race(*(register(number) for number in range(MANY))) == [None] * MANY
    async with two[0].database.read() as connection:
        known = await conductors.list_conductors(connection)
    assert [each.hostname for each in known] == [HOST, "twin"]


async def test_a_role_is_given_once(two):
    async with two[0].database.write() as connection:
        await people.add_user(connection, User("u", "ann", ""))
        await people.add_role(connection, Role("r", "member"))

    async def assign(number):
        async with two[number].database.write() as connection:
            await people.assign(connection, Assignment("u", "r", "system"))

    assert await race(*(assign(number) for number in range(MANY))) == [None] * MANY
