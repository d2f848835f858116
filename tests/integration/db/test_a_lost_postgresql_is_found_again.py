"""PostgreSQL stops and comes back: requests meanwhile are unavailable, those after it succeed."""

import asyncio

import pytest

from bessemer.baremetal.store import conductors
from bessemer.errors import Unavailable


async def register(database, name="host"):
    async with database.write() as connection:
        await conductors.register(connection, name, "", [], "1")


async def names(database):
    async with database.read() as connection:
        return [each.hostname for each in await conductors.list_conductors(connection)]


async def test_a_restart_costs_the_requests_in_hand_and_no_others(server, database):
    await register(database, "before")

    async def in_hand():
        async with database.write() as connection:
            await conductors.register(connection, "in hand", "", [], "1")
            await asyncio.to_thread(server.stop)
            await conductors.register(connection, "in hand", "", [], "2")

    with pytest.raises(Unavailable, match="try again"):
        await in_hand()
    for ask in (register, names):
        with pytest.raises(Unavailable, match="cannot be reached now"):
            await ask(database)
    await asyncio.to_thread(server.start)
    await register(database, "after")
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)
    assert await names(database) == ["after", "before"]  # nobody noticed
