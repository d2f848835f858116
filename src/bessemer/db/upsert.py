"""Inserts that give way to a row that is there already, whoever put it there at this moment."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

_INSERT: Final[Mapping[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


async def insert_if_new(connection: AsyncConnection, table: Table, row: Mapping[str, Any]) -> None:
    """Add the row unless another one has its key; that one stays as it is."""
    statement = _INSERT[connection.dialect.name](table).values(**row)
    await connection.execute(statement.on_conflict_do_nothing())


async def put(connection: AsyncConnection, table: Table, row: Mapping[str, Any]) -> None:
    """Add the row, or change the one with its primary key to these values."""
    statement = _INSERT[connection.dialect.name](table).values(**row)
    keys = [column.name for column in table.primary_key]
    rest = {name: value for name, value in row.items() if name not in keys}
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest))
