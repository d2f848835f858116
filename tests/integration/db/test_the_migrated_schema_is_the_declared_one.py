"""On each database the migrations make what the tables in the code declare, from several processes."""

import asyncio

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from tests.databases import EMPTY, a_database_url

from bessemer import bootstrap
from bessemer.db.engine import open_database
from bessemer.db.metadata import metadata
from bessemer.db.upgrade import upgrade


def differences(connection: sa.Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_no_difference(tmp_path):
    assert bootstrap.Cloud  # which knows the tables of every room
    async with a_database_url(tmp_path, EMPTY) as url:
        database = open_database(url)
        await upgrade(database)
        async with database.read() as connection:
            assert await connection.run_sync(differences) == []
        await database.close()


async def test_processes_that_start_at_the_same_time_upgrade_one_after_another(tmp_path):
    async with a_database_url(tmp_path, EMPTY) as url:
        processes = [open_database(url) for _ in range(4)]
        await asyncio.gather(*(upgrade(each) for each in processes))
        async with processes[0].read() as connection:
            revisions = sa.text("SELECT count(*), count(DISTINCT version_num) FROM alembic_version")
            rows, heads = (await connection.execute(revisions)).one()
        assert rows == heads > 0
        for each in processes:
            await each.close()
