"""Two requests for a node's last free NIC: one gets it, the other one is told why not."""

import asyncio
from pathlib import Path

from tests.baremetal_room import a_room
from tests.baremetal_task import a_port, a_portgroup

from bessemer.baremetal.domain.nics import Nics, VifWish
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations import vifs
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.store import portgroups
from bessemer.baremetal.store.ports import PORTS, of_node
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


async def test_a_bond_made_for_a_network_port_goes_with_it_and_frees_its_nics(tmp_path: Path):
    async with a_room(tmp_path) as room:
        node = await room.a_node()
        async with room.database.write() as connection:
            first, second = [await PORTS.add(connection, a_port(node, n)) for n in (1, 2)]
        made = a_portgroup(node, dynamic_portgroup=True).with_internal(tenant_vif_port_id="a")
        nics = Nics((first, second)).bonded(made, (first, second))
        async with room.database.write() as connection:
            await portgroups.keep(connection, made, nics.ports)
        assert await vifs.list_vifs(room.desk, node.uuid) == ["a"]
        async with room.database.read() as connection:
            assert {p.portgroup_uuid for p in await of_node(connection, node.uuid)} == {made.uuid}
        await vifs.detach(room.desk, admin_context(), node.uuid, "a")
        async with room.database.read() as connection:
            assert await portgroups.of_node(connection, node.uuid) == ()
            assert {p.portgroup_uuid for p in await of_node(connection, node.uuid)} == {None}


async def test_after_a_tear_down_every_nic_is_free_for_the_next_instance(tmp_path: Path):
    async with a_room(tmp_path) as room:
        node = await room.a_node(State.ACTIVE)
        async with room.database.write() as connection:
            await PORTS.add(connection, a_port(node))
        await vifs.attach(room.desk, admin_context(), node.uuid, VifWish("a"))
        await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("deleted"))
        assert (await room.run_to_rest(node.uuid)).provision_state is State.AVAILABLE
        assert await vifs.list_vifs(room.desk, node.uuid) == []


async def test_a_tear_down_ends_bonds_that_were_made_for_network_ports(tmp_path: Path):
    async with a_room(tmp_path) as room:
        node = await room.a_node(State.ACTIVE)
        made = a_portgroup(node, dynamic_portgroup=True).with_internal(tenant_vif_port_id="a")
        async with room.database.write() as connection:
            port = await PORTS.add(connection, a_port(node))
            members = Nics((port,)).bonded(made, (port,)).ports
            await portgroups.keep(connection, made, members)
        await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("deleted"))
        assert (await room.run_to_rest(node.uuid)).provision_state is State.AVAILABLE
        async with room.database.read() as connection:
            assert await portgroups.of_node(connection, node.uuid) == ()
            [port] = await of_node(connection, node.uuid)
        assert port.portgroup_uuid is None
