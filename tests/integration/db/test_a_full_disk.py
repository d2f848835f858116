"""A full disk refuses writes with words, keeps what was there, and is over when there is room."""

import pytest
import sqlalchemy as sa

from bessemer.db.engine import open_database
from bessemer.errors import Unavailable


async def test_a_full_disk_is_unavailable_and_not_a_fault(tmp_path):
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/test.db")
    async with database.write() as connection:
        await connection.execute(sa.text("CREATE TABLE things (name TEXT)"))
        await connection.execute(sa.text("INSERT INTO things VALUES ('kept')"))
    insert = sa.text("INSERT INTO things VALUES (hex(randomblob(100000)))")

    async def write_with(pages: int) -> None:
        """SQLite answers this limit as it answers a full disk: SQLITE_FULL."""
        async with database.write() as connection:
            await connection.execute(sa.text(f"PRAGMA max_page_count={pages}"))
            await connection.execute(insert)

    with pytest.raises(Unavailable, match=r"disk is full.*Make room"):
        await write_with(3)
    await write_with(1_000_000)
    async with database.read() as connection:
        assert (await connection.execute(sa.text("SELECT count(*) FROM things"))).scalar() == 2
    await database.close()
