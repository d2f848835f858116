"""Two requests for a node's last free NIC: one gets it, the other one is told why not."""

import asyncio
from pathlib import Path

from tests.baremetal_room import a_room
from tests.baremetal_task import a_port

from bessemer.baremetal.domain.nics import VifWish
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations import vifs
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.store.ports import PORTS
from bessemer.context import admin_context
from bessemer.errors import Conflict, Invalid


async def test_two_network_ports_never_share_a_nic(tmp_path: Path):
    async with a_room(tmp_path) as room:
        node = await room.a_node()
        async with room.database.write() as connection:
            nic = await PORTS.add(connection, a_port(node))
        answers = await asyncio.gather(
            *(
                vifs.attach(room.desk, admin_context(), node.uuid, VifWish(vif))
                for vif in ("a", "b")
            ),
            return_exceptions=True,
        )
        attached = await vifs.list_vifs(room.desk, node.uuid)
    assert len(attached) == 1
    assert [answer for answer in answers if answer == nic.address] == [nic.address]
    assert [type(a) for a in answers if isinstance(a, (Conflict, Invalid))], answers


async def test_a_network_port_that_was_detached_leaves_its_nic_free(tmp_path: Path):
    async with a_room(tmp_path) as room:
        node = await room.a_node()
        async with room.database.write() as connection:
            await PORTS.add(connection, a_port(node))
        await vifs.attach(room.desk, admin_context(), node.uuid, VifWish("a"))
        await vifs.detach(room.desk, admin_context(), node.uuid, "a")
        assert await vifs.list_vifs(room.desk, node.uuid) == []
        await vifs.attach(room.desk, admin_context(), node.uuid, VifWish("b"))
        assert await vifs.list_vifs(room.desk, node.uuid) == ["b"]


async def test_after_a_tear_down_every_nic_is_free_for_the_next_instance(tmp_path: Path):
    async with a_room(tmp_path) as room:
        node = await room.a_node(State.ACTIVE)
        async with room.database.write() as connection:
            await PORTS.add(connection, a_port(node))
        await vifs.attach(room.desk, admin_context(), node.uuid, VifWish("a"))
        await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("deleted"))
        assert (await room.run_to_rest(node.uuid)).provision_state is State.AVAILABLE
        assert await vifs.list_vifs(room.desk, node.uuid) == []
