"""The migration and the tables in the code are the same."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from bessemer.db.engine import Database
from bessemer.db.metadata import metadata
from bessemer.network.store import tables


def differences(connection: Connection) -> list[str]:
    context = MigrationContext.configure(connection)
    found = [str(difference) for difference in compare_metadata(context, metadata)]
    return [words for words in found if "network_" in words]


async def test_the_migration_makes_what_the_code_expects(database: Database) -> None:
    assert tables.ports.metadata is metadata
    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
