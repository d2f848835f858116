"""What PostgreSQL refuses, or takes too long over, comes as an error of the house."""

import asyncio

import pytest
import sqlalchemy as sa

from bessemer.baremetal.store import conductors
from bessemer.db.engine import open_database
from bessemer.db.settings import DatabaseSettings
from bessemer.db.upgrade import upgrade
from bessemer.errors import ConfigurationError, Invalid, Transient, Unavailable


async def anything(database):
    async with database.read() as connection:
        await connection.execute(sa.text("SELECT 1"))


async def test_limits_end_every_wait(server):
    settings = DatabaseSettings.model_validate(
        {"pool_size": 1, "pool_timeout": 0.05, "statement_timeout": 0.05}
    )
    database = open_database(server.url("postgres"), settings)
    async with database.read():
        with pytest.raises(Unavailable, match="every connection is in use"):
            await anything(database)
    with pytest.raises(Unavailable, match=r"database\.statement_timeout"):
        async with database.read() as connection:
            await connection.execute(sa.text("SELECT pg_sleep(60)"))
    await database.close()


async def test_a_deadlock_is_transient_for_the_one_that_gives_way(server):
    one, other = (open_database(server.url("postgres")) for _ in range(2))
    async with one.write() as connection:
        await connection.execute(sa.text("CREATE TABLE things (id INTEGER)"))
        await connection.execute(sa.text("INSERT INTO things VALUES (1), (2)"))
    both_hold_one = asyncio.Barrier(2)

    async def lock(database, first, second):
        async with database.write() as connection:
            for number in (first, second):
                query = sa.text(f"SELECT * FROM things WHERE id = {number} FOR UPDATE")
                await connection.execute(query)
                if number == first:
                    await both_hold_one.wait()

    ends = await asyncio.gather(lock(one, 1, 2), lock(other, 2, 1), return_exceptions=True)
    assert sorted(type(end) for end in ends if end) == [Transient]
    await one.close()
    await other.close()


@pytest.mark.parametrize("name", ["none-such", "postgres"])
async def test_a_server_that_cannot_be_used_is_named_without_the_password(server, name):
    url = f"postgresql+asyncpg://nobody:hunter2@/{name}?host={server.directory}"
    database = open_database(url)
    with pytest.raises(ConfigurationError, match=r"cannot use .*nobody:\*\*\*@") as refused:
        await upgrade(database)
    assert "hunter2" not in refused.value.message
    await database.close()


@pytest.mark.parametrize("name", ["x" * 256, "nul\0"])
async def test_a_value_that_does_not_fit_is_invalid(database, name):
    async def keep():
        async with database.write() as connection:
            await conductors.register(connection, name, "", [], "1")

    with pytest.raises(Invalid, match="does not fit"):
        await keep()
