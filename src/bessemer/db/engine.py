"""Opens the database and hands out short transactions: `read()` and `write()`."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

BUSY_TIMEOUT_MS = 30_000

_T = TypeVar("_T")


class Database:
    """An engine with the manners of this house.

    Transactions are short: never await hardware or a peer inside one. On SQLite, writers queue
    inside the process and begin IMMEDIATE, so that nobody ever sees "database is locked".
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._one_writer = asyncio.Lock()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view; nothing written here is kept."""
        async with self._connection() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end, rolled back on any error."""
        if not self._is_sqlite:
            async with self.engine.begin() as connection:
                yield connection
            return
        async with self._one_writer, self._connection() as connection:
            try:
                await _to_its_end(connection.exec_driver_sql("BEGIN IMMEDIATE"))
                yield connection
            except BaseException:
                await _to_its_end(connection.rollback())
                raise
            await _to_its_end(connection.commit())

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        connection = self.engine.connect()
        try:
            await _to_its_end(connection.start())
            yield connection
        finally:
            if connection.sync_connection is not None:
                await _to_its_end(connection.close())

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


async def _to_its_end(work: Awaitable[_T]) -> _T:
    """Cancellation waits until `work` is done.

    Cut off in the middle of opening, beginning or ending a transaction, aiosqlite leaves a
    connection behind that nobody closes.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def open_database(url: str) -> Database:
    """`sqlite+aiosqlite:///path` (WAL, fsync at every commit) or `postgresql+asyncpg://…`."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return Database(create_async_engine(parsed, pool_pre_ping=True, hide_parameters=True))
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(parsed, connect_args={"factory": _LettingGo}, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return Database(engine)


class _LettingGo(sqlite3.Connection):
    """Gives SQLite's one write lock back when it is closed, whatever is left of its statements.

    A statement that was cancelled stays open as long as its traceback lives, and would keep the
    closed connection's transaction alive for as long.
    """

    def close(self) -> None:
        if self.in_transaction:
            self.rollback()
        super().close()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
