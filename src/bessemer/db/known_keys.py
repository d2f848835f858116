"""Keys that all processes on this database share: each must have the one that the first one had."""

import hashlib
import hmac
from pathlib import Path

from sqlalchemy import Column, String, Table, select

from bessemer.db.engine import Database
from bessemer.db.metadata import metadata
from bessemer.db.upsert import insert_if_new
from bessemer.errors import ConfigurationError

known_keys = Table(
    "known_keys",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
)


async def check_known_key(database: Database, name: str, file: Path) -> None:
    """Remember the key in `file`, or compare it with the one remembered.

    Raises ConfigurationError for another one.
    """
    fingerprint = hmac.digest(file.read_bytes(), name.encode(), hashlib.sha256).hex()
    async with database.write() as connection:
        row = {"name": name, "fingerprint": fingerprint}
        await insert_if_new(connection, known_keys, row)
        wanted = select(known_keys.c.fingerprint).where(known_keys.c.name == name)
        known = (await connection.execute(wanted)).scalar_one()
    if not hmac.compare_digest(known, fingerprint):
        raise ConfigurationError(
            f"{file} is not the key that belongs to this database ({name}): what other processes "
            "sealed or signed could not be read here. Put a copy of theirs in its place (in their "
            "state directory, or where their settings say), then start again."
        )
