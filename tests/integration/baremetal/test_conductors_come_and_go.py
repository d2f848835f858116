"""Conductors that are silent for long are forgotten; work that nobody can do waits for one who can."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from tests.api.baremetal.cloud import PATIENCE_S, a_cloud
from tests.baremetal_room import HOST, a_room

from bessemer.baremetal.conductor.conductor import Conductor, Identity
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.store import conductor_interfaces, conductors, journal
from bessemer.baremetal.store.tables import conductors as table
from bessemer.baremetal.store.tables import nodes
from bessemer.clock import now
from bessemer.context import admin_context


@pytest.fixture
async def room(tmp_path):
    async with a_room(tmp_path) as made:
        yield made


async def silent_for(desk, hostname, time):
    async with desk.shelves.database.write() as connection:
        await conductors.register(connection, hostname, "", ["fake-hardware"], "1")
        await conductor_interfaces.register(connection, hostname, desk.registry.offers())
        silent = update(table).where(table.c.hostname == hostname)
        await connection.execute(silent.values(updated_at=now() - time))


async def test_only_those_silent_since_then_are_forgotten(room):
    await silent_for(room.desk, "old", timedelta(days=15))
    await silent_for(room.desk, "asleep", timedelta(days=13))
    async with room.database.write() as connection:
        gone = await conductors.forget_silent(connection, now() - timedelta(days=14))
    assert gone == ["old"]
    async with room.database.read() as connection:
        left = [each.hostname for each in await conductors.list_conductors(connection)]
        assert left == ["asleep", HOST]
        assert await conductor_interfaces.offers_of(connection, ["old"]) == ()
        assert await conductor_interfaces.offers_of(connection, ["asleep"]) != ()


async def test_a_running_conductor_forgets_them_and_stays(tmp_path):
    async with a_cloud(tmp_path) as cloud:
        await silent_for(cloud.desk, "old", timedelta(days=15))
        await cloud.service.conductor.forget_silent()
        answer = await cloud.client.get("/v1/conductors")
        assert [each["hostname"] for each in answer.json["conductors"]] == ["host-1"]


async def test_work_that_no_conductor_serves_waits_and_holds_nobody_up(room):
    orphan, well = [await room.a_node(State.MANAGEABLE) for _ in range(2)]
    for node in (orphan, well):
        await provision(room.desk, admin_context(), node.uuid, ProvisionRequest("provide"))
    async with room.database.write() as connection:
        await connection.execute(
            update(nodes).where(nodes.c.uuid == orphan.uuid).values(conductor_group="gone")
        )
    worked_on: asyncio.Queue[str] = asyncio.Queue()
    engine = replace(room.engine(), changed=worked_on.put_nowait)
    conductor = Conductor(engine, room.desk.bus, Identity(HOST, "2"), room.settings)
    await conductor.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            assert await worked_on.get() == well.uuid
    finally:
        await conductor.stop()
    async with room.database.read() as connection:
        assert (await room.nodes.get(connection, orphan.uuid)).provision_state is State.CLEANING
        assert (await journal.of_node(connection, orphan.uuid)) == []
