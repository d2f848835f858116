"""A process whose key is not the one that the database knows does not start."""

import pytest
from sqlalchemy import inspect

from bessemer.db.engine import open_database
from bessemer.db.known_keys import check_known_key, known_keys
from bessemer.db.upgrade import upgrade
from bessemer.errors import ConfigurationError


@pytest.fixture
async def database(tmp_path):
    opened = open_database(f"sqlite+aiosqlite:///{tmp_path}/test.db")
    await upgrade(opened)
    yield opened
    await opened.close()


async def test_the_same_key_is_welcome_wherever_it_is_kept(database, tmp_path):
    for name in ("first", "copy"):
        (tmp_path / name).write_bytes(b"the key")
        await check_known_key(database, "secret.key", tmp_path / name)


async def test_another_key_is_refused_by_its_file(database, tmp_path):
    (tmp_path / "first").write_bytes(b"the key")
    (tmp_path / "other").write_bytes(b"another")
    await check_known_key(database, "secret.key", tmp_path / "first")
    with pytest.raises(ConfigurationError, match=f"{tmp_path}/other is not the key"):
        await check_known_key(database, "secret.key", tmp_path / "other")
    await check_known_key(database, "temporary-url.key", tmp_path / "other")


async def test_the_migration_makes_the_table(database):
    async with database.read() as connection:
        columns = await connection.run_sync(lambda c: inspect(c).get_columns("known_keys"))
    assert [column["name"] for column in columns] == list(known_keys.c.keys())
