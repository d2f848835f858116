"""A NIC that changes nodes: both nodes are held, and a change that comes too late is told so."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.baremetal_room import Room, a_room
from tests.baremetal_task import a_port

from bessemer.baremetal.domain.lease import NodeLocked
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations.ports import Ports
from bessemer.baremetal.store.ports import PORTS
from bessemer.errors import Conflict


class OvertakenPorts(Ports):
    """Somebody else moves the NIC right after it was first looked at."""

    overtaken_by: Port

    async def get(self, ident: str) -> Port:
        known = await Ports.get(self, ident)
        async with self.desk.shelves.database.write() as connection:
            await PORTS.save(connection, self.overtaken_by)
        return known


async def a_nic_and_two_nodes(room: Room):
    node, other = await room.a_node(State.MANAGEABLE), await room.a_node(State.MANAGEABLE)
    async with room.database.write() as connection:
        return await PORTS.add(connection, a_port(node)), other


async def test_a_nic_does_not_come_to_a_node_that_somebody_holds(tmp_path: Path):
    async with a_room(tmp_path) as room:
        nic, other = await a_nic_and_two_nodes(room)
        ports = Ports(room.desk)
        async with room.desk.holding(other.uuid, "something else", timedelta(minutes=1)):
            with pytest.raises(NodeLocked, match="something else"):
                await ports.change(nic.uuid, lambda port: replace(port, node_uuid=other.uuid))
        assert (await ports.get(nic.uuid)).node_uuid == nic.node_uuid
        moved = await ports.change(nic.uuid, lambda port: replace(port, node_uuid=other.uuid))
        assert moved.node_uuid == other.uuid


async def test_a_nic_that_has_just_moved_is_not_changed_under_the_wrong_lock(tmp_path: Path):
    async with a_room(tmp_path) as room:
        nic, other = await a_nic_and_two_nodes(room)
        late = OvertakenPorts(room.desk)
        late.overtaken_by = replace(nic, node_uuid=other.uuid)
        with pytest.raises(Conflict, match="has just moved"):
            await late.change(nic.uuid, lambda port: replace(port, extra={"a": 1}))
        assert (await Ports(room.desk).get(nic.uuid)).extra == {}
