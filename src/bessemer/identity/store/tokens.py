"""SQL for tokens."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.identity.domain.token import Token
from bessemer.identity.store.tables import tokens


async def add_token(connection: AsyncConnection, token: Token) -> None:
    """Keep a new token."""
    values = asdict(token) | {"methods": " ".join(token.methods)}
    await connection.execute(insert(tokens).values(**values))


async def find_token(connection: AsyncConnection, token_hash: str) -> Token | None:
    """Also an expired one: the caller looks at the clock."""
    rows = await connection.execute(select(tokens).where(tokens.c.hash == token_hash))
    row = rows.mappings().first()
    if row is None:
        return None
    return Token(**(dict(row) | {"methods": tuple(row["methods"].split())}))


async def remove_token(connection: AsyncConnection, token_hash: str) -> None:
    """Idempotent."""
    await connection.execute(delete(tokens).where(tokens.c.hash == token_hash))


async def remove_tokens_of(connection: AsyncConnection, user_id: str) -> None:
    """All of a user's tokens: after a new password, or when the user is shut out."""
    await connection.execute(delete(tokens).where(tokens.c.user_id == user_id))


async def remove_expired_tokens(connection: AsyncConnection, moment: datetime) -> None:
    """Those that ended before the moment."""
    await connection.execute(delete(tokens).where(tokens.c.expires_at < moment))
