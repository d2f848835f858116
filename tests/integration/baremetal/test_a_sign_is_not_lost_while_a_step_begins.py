"""A heartbeat that comes when its node has been read, and the step has not begun, is heeded."""

from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.baremetal_room import Room, a_room

from bessemer.baremetal.conductor import worker
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import Flow, StepCall, Work
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.catalogue import registry
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.baremetal.operations.agent_calls import Heartbeat, heartbeat
from bessemer.baremetal.store import work as work_store
from bessemer.context import admin_context

WAITING = {"agent_secret_token": Secret("t"), "installer": {"kernel": "k"}}


class Interrupted:
    """The database; somebody else writes to it between our first look and our next write."""

    def __init__(self, database, somebody):
        self._database, self._somebody, self._looked = database, somebody, False

    def __getattr__(self, name):
        return getattr(self._database, name)

    def read(self):
        self._looked = True
        return self._database.read()

    @asynccontextmanager
    async def write(self):
        if self._looked and self._somebody is not None:
            somebody, self._somebody = self._somebody, None
            await somebody()
        async with self._database.write() as connection:
            yield connection


@pytest.fixture
async def room(tmp_path: Path):
    def make(settings, machines):
        clients = IpmiClients(settings)
        return registry(settings, None, None, AgentClient(), clients, machines, tmp_path)

    async with a_room(tmp_path, make) as made:
        yield made


async def test_the_last_of_two_reports_in_a_row_ends_the_wait(room: Room):
    node = await room.a_node(
        State.DEPLOYING, interfaces={"deploy": "anaconda"}, driver_internal_info=WAITING
    )
    step = StepCall("deploy", "deploy", chosen=True)
    work = Work(node.uuid, Flow.DEPLOY, "1", admin_context().request_id, (step,), admitted=True)
    async with room.database.write() as connection:
        await work_store.replace(connection, work)
    await worker.work_on(room.engine(), node.uuid)

    async def report(status: str) -> None:
        await heartbeat(room.desk, node.uuid, Heartbeat("", "t", agent_status=status))

    await report("start")
    engine = room.engine()
    shelves = room.desk.shelves
    late = Interrupted(shelves.database, lambda: report("end"))
    await worker.work_on(replace(engine, shelves=replace(shelves, database=late)), node.uuid)
    after = await room.run_to_rest(node.uuid)
    assert after.provision_state is State.ACTIVE, after.last_error
