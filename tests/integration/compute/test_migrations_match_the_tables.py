"""The migrated schema of compute and identity is the one that their tables declare."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

import bessemer.compute.store.tables
import bessemer.identity.store.tables
from bessemer.db.engine import open_database
from bessemer.db.metadata import metadata
from bessemer.db.upgrade import upgrade

OURS = ("compute_", "identity_")


async def test_no_difference(tmp_path):
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/m.db")
    await upgrade(database)
    async with database.read() as connection:
        differences = await connection.run_sync(_differences)
    await database.close()
    assert bessemer.compute.store.tables.servers.name in metadata.tables
    assert bessemer.identity.store.tables.tokens.name in metadata.tables
    assert differences == []


def _differences(connection: Connection) -> list[object]:
    def is_ours(name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
        owner = name if kind == "table" else parents.get("table_name")
        return kind == "schema" or (owner or "").startswith(OURS)

    options = {"include_name": is_ours, "include_object": _is_our_object, "compare_type": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))


def _is_our_object(thing, name, kind, _reflected, _other) -> bool:
    table = thing if kind == "table" else thing.table
    return table.name.startswith(OURS)
