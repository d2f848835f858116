"""Opens the database and hands out short transactions: `read()` and `write()`."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InvalidRequestError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bessemer.errors import ConfigurationError, Unavailable

log = structlog.get_logger()

BUSY_TIMEOUT_MS = 30_000
CLOSING_PATIENCE_S = 10.0
_UNWRITABLE: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY})

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
        self._in_use: set[AsyncConnection] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view; nothing written here is kept."""
        async with self._connection() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end, rolled back on any error.

        Raises Unavailable when the disk is full or will not be written.
        """
        if not self._is_sqlite:
            async with self.engine.begin() as connection:
                yield connection
            return
        async with self._one_writer, self._connection() as connection:
            try:
                await _to_its_end(connection.exec_driver_sql("BEGIN IMMEDIATE"))
                yield connection
                await _to_its_end(connection.commit())
            except OperationalError as error:
                await _to_its_end(connection.rollback())
                _refuse_if_unwritable(error)
                raise
            except BaseException:
                await _to_its_end(connection.rollback())
                raise

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        if self._closed:
            raise Unavailable("The database is closed: this process is stopping.")
        connection = self.engine.connect()
        self._in_use.add(connection)
        self._idle.clear()
        try:
            await _to_its_end(connection.start())
            yield connection
        finally:
            try:
                if connection.sync_connection is not None:
                    await _to_its_end(connection.close())
            finally:
                self._in_use.discard(connection)
                if not self._in_use:
                    self._idle.set()

    async def close(self) -> None:
        """Close every connection, once the transactions in hand have ended; begin no more.

        A connection that is opened or comes back after the pool is gone would be closed by nobody.
        """
        self._closed = True
        try:
            async with asyncio.timeout(CLOSING_PATIENCE_S):
                await self._idle.wait()
        except TimeoutError:
            log.warning("database.closed_in_use", connections=len(self._in_use))
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
        while not task.done():  # cancelled twice, it is still waited for
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        raise


def _refuse_if_unwritable(error: OperationalError) -> None:
    """Raises Unavailable for what the disk is to blame for (sqlite.org/rescode.html)."""
    primary = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    if primary in _UNWRITABLE:
        log.error("database.cannot_write", reason=str(error.orig))
        raise Unavailable(
            f"The database cannot be written now: {error.orig}. Make room on its disk, then try "
            "again."
        ) from error


def open_database(url: str) -> Database:
    """`sqlite+aiosqlite:///path` (WAL, fsync at every commit) or `postgresql+asyncpg://…`.

    Raises ConfigurationError for a URL that is none, a driver that is not there, or a database
    file that cannot be made.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite":
        return Database(_engine(parsed, pool_pre_ping=True))
    if parsed.database and parsed.database != ":memory:":
        _make_closed(Path(parsed.database))
    engine = _engine(parsed, connect_args={"factory": _LettingGo})
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return Database(engine)


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:  # its own message would show a password
        raise ConfigurationError(
            "database.url: this is no database URL; write sqlite+aiosqlite:////path/to/file, or "
            "leave it out for a file in the state directory."
        ) from error


def _engine(url: URL, **options: Any) -> AsyncEngine:
    try:
        return create_async_engine(url, hide_parameters=True, **options)
    except (ArgumentError, InvalidRequestError, ImportError) as error:
        raise ConfigurationError(
            f"database.url: no driver serves {url.drivername}:// here ({error}); write "
            "sqlite+aiosqlite:////path/to/file."
        ) from error


def _make_closed(file: Path) -> None:
    """A file for its owner only; SQLite gives new companions (-wal, -shm) the same mode."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        for each in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
            if each.exists() and each.stat().st_mode & 0o077:
                each.chmod(0o600)
    except OSError as error:
        raise ConfigurationError(f"database.url: cannot write {file}: {error.strerror}.") from error


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
