"""Brings the schema to the newest revision: `bessemer db upgrade`, and at every start when embedded."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bessemer.db import postgresql
from bessemer.db.engine import Database
from bessemer.errors import ConfigurationError, Transient, Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade_connection(connection: Connection) -> None:
    """Run every room's migrations to its head on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":
        postgresql.wait_for_other_upgrades(connection)
    command.upgrade(config, "heads")
    if connection.dialect.name == "postgresql":
        postgresql.order_texts_by_code_point(connection)


async def upgrade(database: Database) -> None:
    """Run every room's migrations to its head.

    Safe in several processes at once: they take turns. Raises ConfigurationError when the database
    cannot be reached, or is not one.
    """
    try:
        async with database.write() as connection:
            await connection.run_sync(upgrade_connection)
    except (DBAPIError, Unavailable, Transient) as error:
        why = error.orig if isinstance(error, DBAPIError) else error.message.rstrip(".")
        url = database.engine.url.render_as_string(hide_password=True)
        raise ConfigurationError(
            f"database.url: cannot use {url}: {why}. Nothing was changed."
        ) from error
