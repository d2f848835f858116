"""PostgreSQL's side of the engine: a pool of connections, and a limit to every wait."""

import time
from datetime import timedelta
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from bessemer.db.settings import DatabaseSettings

FORGOTTEN_TRANSACTION: Final = timedelta(seconds=15)
"""A transaction without a statement for so long belongs to a process that hangs: its locks must not
keep others from taking its work over."""
RESTED: Final = timedelta(seconds=1)
"""A connection unused for so long is asked whether it still works, at the cost of a round trip."""
_RESTS_SINCE: Final = "rests_since"
_MARGIN: Final = timedelta(seconds=5)
"""Beyond the server's own limit: then the server, or the way to it, is gone."""

_UPGRADE: Final = 0x626573736D  # any number that is nobody else's
_FOREIGN_ORDER: Final = text(
    """
    SELECT format(
        'ALTER TABLE %I ALTER COLUMN %I TYPE %s COLLATE "C"',
        class.relname, attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
    )
    FROM pg_attribute AS attribute
    JOIN pg_class AS class ON class.oid = attribute.attrelid AND class.relkind = 'r'
    JOIN pg_collation ON pg_collation.oid = attribute.attcollation
    WHERE class.relnamespace = current_schema()::regnamespace
      AND pg_collation.collname <> 'C' AND NOT attribute.attisdropped
    """
)


def options(settings: DatabaseSettings) -> dict[str, Any]:
    """For `create_async_engine`."""
    return {
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_timeout": settings.pool_timeout.total_seconds(),
        "connect_args": {
            "timeout": settings.connect_timeout.total_seconds(),
            "command_timeout": (settings.statement_timeout + _MARGIN).total_seconds(),
            "server_settings": {
                "application_name": "bessemer",
                "timezone": "UTC",
                "statement_timeout": _milliseconds(settings.statement_timeout),
                "idle_in_transaction_session_timeout": _milliseconds(FORGOTTEN_TRANSACTION),
            },
        },
    }


def try_before_use(engine: Engine) -> None:
    """A failover or restart of the server costs the requests in hand, not those after it.

    A connection that the server closed is known for it; only one that rested is asked as well, for
    nothing closed it if the way to the server is gone.
    """
    event.listen(engine, "checkin", _rests)
    event.listen(engine, "checkout", _still_open)


def _rests(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info[_RESTS_SINCE] = time.monotonic()


def _still_open(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
    driven: Any = record.driver_connection
    if driven.is_closed():
        raise InvalidatePoolError
    now = time.monotonic()
    if now - record.info.get(_RESTS_SINCE, now) < RESTED.total_seconds():
        return
    try:
        cast(Any, connection).ping()
    except Exception as error:
        raise InvalidatePoolError from error


def by_the_statement(engine: AsyncEngine) -> AsyncEngine:
    """The same pool for reading: no BEGIN and no ROLLBACK around single statements."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def wait_for_other_upgrades(connection: Connection) -> None:
    """Processes that start at the same time upgrade one after another, however long it takes."""
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE})


def order_texts_by_code_point(connection: Connection) -> None:
    """Every text column sorts and compares as SQLite's do, whatever the database's own locale."""
    for statement in connection.execute(_FOREIGN_ORDER).scalars().all():
        connection.exec_driver_sql(statement)


def _milliseconds(span: timedelta) -> str:
    return str(round(span / timedelta(milliseconds=1)))
