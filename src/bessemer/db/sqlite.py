"""SQLite's side of the engine: one file for its owner only, WAL, fsync at every commit."""

import os
import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlalchemy.engine import URL

from bessemer.errors import ConfigurationError

BUSY_TIMEOUT_MS: Final = 30_000


def options(url: URL) -> dict[str, Any]:
    """For `create_async_engine`; makes the file. Raises ConfigurationError when it cannot be made."""
    if url.database and url.database != ":memory:":
        _make_closed(Path(url.database))
    return {"connect_args": {"factory": _LettingGo}}


def prepare(connection: Any, _record: object) -> None:
    """What a new connection is told first; a listener of the engine's `connect` event."""
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
