"""Conductors that are silent for long are forgotten, with what they served."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from tests.api.baremetal.cloud import a_cloud
from tests.baremetal_room import HOST, a_room

from bessemer.baremetal.store import conductor_interfaces, conductors
from bessemer.baremetal.store.tables import conductors as table
from bessemer.clock import now


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
