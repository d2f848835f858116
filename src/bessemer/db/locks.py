"""Locks of PostgreSQL: what a transaction reads in order to change it stays as it was read.

On SQLite there is one writer anyway, and nothing here costs a statement. On PostgreSQL others
wait, so every transaction locks in the same order: a node before what belongs to it, and of several
rows of a kind the lower key first.
"""

from typing import Any, Final

from sqlalchemy import Select, String, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

_MARK: Final = "bessemer_writing"
WRITING: Final = {_MARK: True}
"""Execution options by which `Database.write` marks its connections."""
_TURN: Final = select(
    func.pg_advisory_xact_lock(func.hashtextextended(bindparam("what", type_=String), 0))
)


class Keeping:
    """A query that is made once, for both databases and for reading as well as for changing."""

    def __init__(self, query: Select[Any]) -> None:
        self._plain = query
        self._locking = _locked(query)

    def on(self, connection: AsyncConnection) -> Select[Any]:
        """Like `kept`."""
        return self._locking if _locks(connection) else self._plain


def kept(connection: AsyncConnection, query: Select[Any]) -> Select[Any]:
    """The query; inside `Database.write`, nobody else changes its rows until the end."""
    return _locked(query) if _locks(connection) else query


async def keep(connection: AsyncConnection, query: Select[Any]) -> None:
    """Keep these rows as they are, for statements to come."""
    if _locks(connection):
        await connection.execute(kept(connection, query))


async def in_turn(connection: AsyncConnection, what: str) -> None:
    """Wait for every other transaction that does `what`; for rules about rows not there yet."""
    if _locks(connection):
        await connection.execute(_TURN, {"what": what})


def _locked(query: Select[Any]) -> Select[Any]:
    return query.with_for_update(key_share=True)


def _locks(connection: AsyncConnection) -> bool:
    is_postgresql = connection.dialect.name == "postgresql"
    opened = connection.sync_connection
    return is_postgresql and opened is not None and _MARK in opened.get_execution_options()
