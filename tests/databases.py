"""Databases for tests: SQLite in the test's directory, or one of its own on a shared PostgreSQL.

Which kind, the fixture `database_kind` says (tests/conftest.py); a test of a room need not know.
"""

import fcntl
import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from tests.postgresql_server import PostgreSQL

from bessemer.db.engine import Database, open_database
from bessemer.db.upgrade import upgrade

KINDS = ("sqlite", "postgresql")
MIGRATED = "bessemer_migrated"
EMPTY = "template1"


@dataclass
class Choice:
    """`shared` is a directory that all processes of this test session share."""

    kind: str = "sqlite"
    shared: Path | None = None


CHOICE = Choice()


@asynccontextmanager
async def a_database(directory: Path) -> AsyncIterator[Database]:
    """A migrated database of the kind chosen, for one test; gone afterwards."""
    async with a_database_url(directory) as url:
        database = open_database(url)
        try:
            if CHOICE.kind == "sqlite":
                await upgrade(database)
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def a_kept_database(file: Path) -> AsyncIterator[Database]:
    """SQLite in this file, for processes one after the other; it stays."""
    database = open_database(f"sqlite+aiosqlite:///{file}")
    try:
        await upgrade(database)
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def a_database_url(directory: Path, template: str = MIGRATED) -> AsyncIterator[str]:
    """The same, not yet opened: for several processes. SQLite's is still without tables."""
    if CHOICE.kind == "sqlite":
        yield f"sqlite+aiosqlite:///{directory}/{uuid.uuid4()}.db"
        return
    server = the_server()
    name = f"test_{uuid.uuid4().hex}"
    await _order(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.url(name)
    finally:
        await _order(server, f"DROP DATABASE {name} WITH (FORCE)")


def url_of(database: Database) -> str:
    """For another process that is to open the same."""
    return database.engine.url.render_as_string(hide_password=False)


async def _order(server: PostgreSQL, statement: str) -> None:
    connection = await asyncpg.connect(
        host=str(server.directory), user="bessemer", database="postgres"
    )
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def the_server() -> PostgreSQL:
    """The session's PostgreSQL; the first who asks, in whichever process, starts it."""
    assert CHOICE.shared is not None, "tests/conftest.py sets it"
    with (CHOICE.shared / "postgresql.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if known := lock.read():
            return PostgreSQL(Path(known))
        server = PostgreSQL.made()
        server.stop_after_session()
        server.start()
        server.run_client("createdb", MIGRATED)
        _upgrade(server.url(MIGRATED))
        lock.write(str(server.directory))
    return server


def _upgrade(url: str) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("bessemer")), "db", "upgrade"],
        env={**os.environ, "BESSEMER_DATABASE__URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
