"""What a database's faults mean to who asked: one table per database, by the database's own codes."""

import sqlite3
from collections.abc import Mapping
from typing import Final

import structlog
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bessemer.errors import BessemerError, Invalid, Transient, Unavailable

log = structlog.get_logger()

_UNWRITABLE: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY})

_LOST: Final = "The database cannot be reached now: {}. Please try again in a moment."
_BUSY: Final = "Another request changed the same thing at this moment; please try again."
_SLOW: Final = "The database did not answer within database.statement_timeout; please try again."
_FULL: Final = "The database cannot be written now: {}. Make room on its disk, then try again."
_MISFIT: Final = "A value does not fit where it is to be kept: {}."

_SQLSTATES: Final[Mapping[str, tuple[type[BessemerError], str]]] = {
    "40001": (Transient, _BUSY),  # serialization_failure
    "40P01": (Transient, _BUSY),  # deadlock_detected
    "55P03": (Transient, _BUSY),  # lock_not_available
    "57014": (Unavailable, _SLOW),  # query_canceled
    "53100": (Unavailable, _FULL),  # disk_full
    "25006": (Unavailable, _LOST),  # read_only_sql_transaction: a standby not yet promoted
    "28": (Unavailable, _LOST),  # invalid authorization
    "3D": (Unavailable, _LOST),  # no such database
    "08": (Unavailable, _LOST),  # connection exceptions
    "53": (Unavailable, _LOST),  # insufficient resources: too many connections
    "57": (Unavailable, _LOST),  # operator intervention: shut down, starting up
    "22": (Invalid, _MISFIT),  # data exceptions: too long, out of range, NUL in a text
}
"""By SQLSTATE, else by its class (PostgreSQL documentation, appendix A)."""


def say_what_it_means(context: ExceptionContext) -> None:
    """SQLAlchemy's `handle_error` hook: raises the house's error for what has one."""
    if not isinstance(context.original_exception, Exception):
        return  # SQLAlchemy gives the connection of a cancelled statement up, but nothing is lost
    meant = meaning(context.original_exception, lost=context.is_disconnect)
    if meant is not None:
        raise meant from context.original_exception


def meaning(error: BaseException, *, lost: bool = False) -> BessemerError | None:
    """In the house's words; None for a fault of Bessemer itself, or a constraint's refusal.

    `lost`: the connection is gone, whatever the error says.
    """
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    if lost or isinstance(error, OSError):
        return _logged(Unavailable(_LOST.format(_words(error))), error)
    if isinstance(error, PoolTimeout):
        return _logged(Unavailable(_LOST.format("every connection is in use")), error)
    if isinstance(error, TimeoutError):
        return _logged(Unavailable(_SLOW), error)
    sqlstate = getattr(error, "sqlstate", None) or ""
    kind, words = _SQLSTATES.get(sqlstate) or _SQLSTATES.get(sqlstate[:2]) or (None, "")
    if kind is None:
        return Invalid(_MISFIT.format(_words(error))) if _is_misfit(error) else None
    return _logged(kind(words.format(_words(error))), error)


def _of_sqlite(error: sqlite3.Error) -> BessemerError | None:
    """What the disk is to blame for (sqlite.org/rescode.html)."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _UNWRITABLE:
        return None
    return _logged(Unavailable(_FULL.format(error)), error)


def _is_misfit(error: BaseException) -> bool:
    """asyncpg refuses values that its column's type cannot hold before it sends them."""
    return isinstance(error.__cause__, ValueError)


def _words(error: BaseException) -> str:
    """The first line, without the driver's own class name."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    cause = getattr(cause, "__cause__", None) or cause
    return (str(cause).splitlines() or [type(cause).__name__])[0].rstrip(".")


def _logged(meant: BessemerError, error: BaseException) -> BessemerError:
    log.warning("database.fault", meaning=type(meant).__name__, reason=_words(error))
    return meant
