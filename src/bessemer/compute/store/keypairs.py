"""SQL for key pairs."""

from dataclasses import asdict

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.compute.domain.keypair import KeyPair
from bessemer.compute.store.tables import keypairs
from bessemer.errors import Conflict, NotFound


async def add_keypair(connection: AsyncConnection, keypair: KeyPair) -> None:
    """Raises Conflict when the user has one of this name."""
    try:
        await connection.execute(insert(keypairs).values(**asdict(keypair)))
    except IntegrityError as error:
        raise Conflict(f"Key pair '{keypair.name}' already exists.") from error


async def find_keypair(connection: AsyncConnection, user_id: str, name: str) -> KeyPair | None:
    """By owner and name."""
    rows = await connection.execute(
        select(keypairs).where(keypairs.c.user_id == user_id, keypairs.c.name == name)
    )
    row = rows.mappings().first()
    return None if row is None else KeyPair(**row)


async def list_keypairs(connection: AsyncConnection, user_id: str) -> list[KeyPair]:
    """A user's, by name."""
    rows = await connection.execute(
        select(keypairs).where(keypairs.c.user_id == user_id).order_by(keypairs.c.name)
    )
    return [KeyPair(**row) for row in rows.mappings()]


async def remove_keypair(connection: AsyncConnection, user_id: str, name: str) -> None:
    """Servers keep their own copy. Raises NotFound."""
    done = await connection.execute(
        delete(keypairs).where(keypairs.c.user_id == user_id, keypairs.c.name == name)
    )
    if not done.rowcount:
        raise NotFound(f"Keypair {name} not found for user {user_id}")
