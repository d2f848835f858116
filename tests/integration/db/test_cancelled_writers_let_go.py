"""SQLite: a writer that is cancelled, at whatever point, leaves neither a lock nor a connection."""

import asyncio
import gc
import random

import pytest
from sqlalchemy import text

from bessemer.db.engine import open_database
from bessemer.errors import Unavailable

PATIENCE_S = 5
"""Far below SQLite's busy timeout, far above what a free lock takes."""


async def write_one(database):
    async with database.write() as connection:
        await connection.execute(text("SELECT count(*) FROM notes"))
        await connection.execute(text("INSERT INTO notes VALUES (1)"))


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_the_next_writer_gets_its_turn_wherever_the_last_one_was_cancelled(tmp_path, times):
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/test.db")
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE notes (number INTEGER)"))
    chance = random.Random(7)
    async with asyncio.timeout(60):
        for _ in range(40):
            writers = [asyncio.create_task(write_one(database)) for _ in range(3)]
            await asyncio.sleep(chance.random() * 0.006)
            for _ in range(times):
                for writer in writers:
                    writer.cancel()
                await asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(*writers, return_exceptions=True)
                await write_one(database)
    await database.close()
    gc.collect()


async def test_closing_waits_for_the_transactions_in_hand(tmp_path):
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/test.db")
    may_end, begun = asyncio.Event(), asyncio.Event()

    async def read_for_a_while():
        async with database.read() as connection:
            await connection.execute(text("SELECT 1"))
            begun.set()
            await may_end.wait()

    reader = asyncio.create_task(read_for_a_while())
    await begun.wait()
    closing = asyncio.create_task(database.close())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not closing.done()
    may_end.set()
    await asyncio.gather(reader, closing)
    del reader, closing
    gc.collect()


async def test_a_writer_that_queued_before_the_closing_opens_no_connection_after_it(tmp_path):
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/test.db")
    may_end, begun = asyncio.Event(), asyncio.Event()

    async def write_for_a_while():
        async with database.write() as connection:
            await connection.execute(text("CREATE TABLE notes (number INTEGER)"))
            begun.set()
            await may_end.wait()

    first = asyncio.create_task(write_for_a_while())
    await begun.wait()
    queued = asyncio.create_task(write_one(database))
    await asyncio.sleep(0)
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    may_end.set()
    await asyncio.gather(first, closing)
    with pytest.raises(Unavailable, match="closed"):
        await queued
    with pytest.raises(Unavailable, match="closed"):
        await write_one(database)
    assert database.engine.pool.checkedin() == 0
    del first, queued, closing
    gc.collect()
