"""Inserts that give way to a row that is there already, whoever put it there at this moment."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

_INSERT: Final[Mapping[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


async def insert_if_new(connection: AsyncConnection, table: Table, row: Mapping[str, Any]) -> None:
    """Add the row unless another one has its key; that one stays as it is."""
    statement = _INSERT[connection.dialect.name](table).on_conflict_do_nothing()
    await connection.execute(statement, row)


class Put:
    """A statement that adds a whole row, or changes the one with its primary key to these values."""

    def __init__(self, table: Table) -> None:
        keys = [column.name for column in table.primary_key]
        rest = [column.name for column in table.columns if column.name not in keys]
        self._by_dialect: Mapping[str, Executable] = {
            dialect: (made := insert(table)).on_conflict_do_update(
                index_elements=keys, set_={name: made.excluded[name] for name in rest}
            )
            for dialect, insert in _INSERT.items()
        }

    def on(self, connection: AsyncConnection) -> Executable:
        """As this database says it."""
        return self._by_dialect[connection.dialect.name]
