"""SQLite: a writer that is cancelled, at whatever point, leaves neither a lock nor a connection."""

import asyncio
import gc
import random

from sqlalchemy import text

from bessemer.db.engine import open_database

PATIENCE_S = 5
"""Far below SQLite's busy timeout, far above what a free lock takes."""


async def write_one(database):
    async with database.write() as connection:
        await connection.execute(text("SELECT count(*) FROM notes"))
        await connection.execute(text("INSERT INTO notes VALUES (1)"))


async def test_the_next_writer_gets_its_turn_wherever_the_last_one_was_cancelled(tmp_path):
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/test.db")
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE notes (number INTEGER)"))
    chance = random.Random(7)
    async with asyncio.timeout(60):
        for _ in range(80):
            writers = [asyncio.create_task(write_one(database)) for _ in range(3)]
            await asyncio.sleep(chance.random() * 0.006)
            for writer in writers:
                writer.cancel()
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(*writers, return_exceptions=True)
                await write_one(database)
    await database.close()
    gc.collect()
