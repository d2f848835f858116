"""Passwords: argon2id in threads, a few at a time, so that logins cannot eat the machine."""

import asyncio
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MAX_PASSWORD: Final = 4096
"""Longest password, in characters, as upstream."""
CONCURRENT: Final = 2
"""Hashes under way at once; each takes 64 MiB (RFC 9106, second recommended option)."""


class Passwords:
    """Makes and verifies password hashes."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._limit = asyncio.Semaphore(CONCURRENT)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """argon2id in its own text form, salt included."""
        async with self._limit:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """False for no hash too, but only after the same work: time must not tell who exists."""
        if self._nobody is None:
            self._nobody = await self.hash(secrets.token_urlsafe(32))
        async with self._limit:
            matches = await asyncio.to_thread(
                self._matches, password_hash or self._nobody, password[:MAX_PASSWORD]
            )
        return matches and bool(password_hash)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
