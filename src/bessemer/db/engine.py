"""Opens the database and hands out short transactions: `read()` and `write()`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import event, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bessemer.db import postgresql, sqlite
from bessemer.db.faults import meaning, say_what_it_means
from bessemer.db.locks import WRITING
from bessemer.db.settings import DatabaseSettings
from bessemer.errors import ConfigurationError, Unavailable

log = structlog.get_logger()

CLOSING_PATIENCE_S = 10.0
_REMEDY: Final = (
    "write sqlite+aiosqlite:////path/to/file or postgresql+asyncpg://user:password@host/name, or "
    "leave it out for a file in the state directory"
)

_T = TypeVar("_T")


class Database:
    """An engine with the manners of this house.

    Transactions are short: never await hardware or a peer inside one. On SQLite, writers queue
    inside the process and begin IMMEDIATE, so that nobody ever sees "database is locked".
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._reader = engine if self._is_sqlite else postgresql.by_the_statement(engine)
        self._writer = engine.execution_options(**WRITING)
        self._one_writer = asyncio.Lock()
        self._in_use: set[AsyncConnection] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Each statement sees what is committed when it begins; nothing is written here.

        Raises Unavailable when the database cannot be reached.
        """
        async with self._connection(self._reader) as connection:
            yield connection

    async def check(self) -> None:
        """Raises Unavailable when the database cannot be reached."""
        async with self.read() as connection:
            await connection.execute(select(1))

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end, rolled back on any error.

        Raises Unavailable when the database cannot be reached, or its disk is full or will not be
        written; Transient when another transaction was in the way, and trying again will help.
        """
        async with self._turn(), self._connection(self._writer) as connection:
            try:
                if self._is_sqlite:
                    await _to_its_end(connection.exec_driver_sql("BEGIN IMMEDIATE"))
                yield connection
                await _to_its_end(connection.commit())
            except BaseException:
                with suppress(Unavailable):  # with its connection the transaction is gone, too
                    await _to_its_end(connection.rollback())
                raise

    @asynccontextmanager
    async def write_one(self) -> AsyncIterator[AsyncConnection]:
        """For a single statement, which is a transaction by itself. Raises like `write`."""
        opened = self.write() if self._is_sqlite else self._connection(self._reader)
        async with opened as connection:
            yield connection

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if not self._is_sqlite:
            yield
            return
        async with self._one_writer:
            yield

    @asynccontextmanager
    async def _connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        if self._closed:
            raise Unavailable("The database is closed: this process is stopping.")
        connection = engine.connect()
        self._in_use.add(connection)
        self._idle.clear()
        try:
            await _opened(connection)
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


async def _opened(connection: AsyncConnection) -> None:
    """Raises Unavailable when the database cannot be reached, or every connection is in use."""
    try:
        await _to_its_end(connection.start())
    except (DBAPIError, PoolTimeout, OSError) as error:
        meant = meaning(error.orig if isinstance(error, DBAPIError) and error.orig else error)
        raise meant or error from error


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


def open_database(url: str, settings: DatabaseSettings | None = None) -> Database:
    """`sqlite+aiosqlite:///path` (WAL, fsync at every commit) or `postgresql+asyncpg://…`.

    Raises ConfigurationError for a URL that is none, a driver that is not there, or a database
    file that cannot be made.
    """
    parsed = _parsed(url)
    match parsed.drivername:
        case "sqlite+aiosqlite":
            engine = _engine(parsed, **sqlite.options(parsed))
            event.listen(engine.sync_engine, "connect", sqlite.prepare)
        case "postgresql+asyncpg":
            engine = _engine(parsed, **postgresql.options(settings or DatabaseSettings()))
            postgresql.try_before_use(engine.sync_engine)
        case other:
            raise ConfigurationError(f"database.url: no driver serves {other}:// here; {_REMEDY}.")
    event.listen(engine.sync_engine, "handle_error", say_what_it_means)
    return Database(engine)


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:  # its own message would show a password
        raise ConfigurationError(f"database.url: this is no database URL; {_REMEDY}.") from error


def _engine(url: URL, **options: Any) -> AsyncEngine:
    try:
        return create_async_engine(url, hide_parameters=True, **options)
    except (ArgumentError, TypeError, ValueError) as error:
        shown = url.render_as_string(hide_password=True)
        raise ConfigurationError(f"database.url: cannot use {shown}: {error}.") from error
