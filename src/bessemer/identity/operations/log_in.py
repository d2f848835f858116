"""Logging in: a password or an older token in, a new token out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.clock import now
from bessemer.db.engine import Database
from bessemer.errors import Unauthorized
from bessemer.identity.domain.people import SYSTEM, User
from bessemer.identity.domain.token import Grant, Token, hashed, new_audit_id, new_secret
from bessemer.identity.operations.grants import find_grant
from bessemer.identity.operations.passwords import Passwords
from bessemer.identity.store import people
from bessemer.identity.store.tokens import add_token, find_token, remove_expired_tokens

log = structlog.get_logger()

REFUSED: Final = "The request you have made requires authentication."
"""Upstream's words for every refusal: they tell nobody what was wrong."""


@dataclass(frozen=True, slots=True)
class ScopeWanted:
    """What the token shall be for. `default`: the user's own project if set, else unscoped."""

    default: bool = True
    system: bool = False
    project_id: str | None = None
    project_name: str | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who has proved who they are, by which methods; `until` limits the new token."""

    user: User
    methods: tuple[str, ...]
    until: datetime | None = None


class LogIn:
    """Issues tokens."""

    def __init__(self, database: Database, passwords: Passwords, lifetime: timedelta) -> None:
        self._database = database
        self._passwords = passwords
        self._lifetime = lifetime

    async def by_password(
        self, user_id: str | None, user_name: str | None, password: str
    ) -> Entered:
        """Raises Unauthorized, always after the same work, whatever was wrong."""
        user = await self._find_user(user_id, user_name)
        fits = await self._passwords.verify(user.password_hash if user else None, password)
        if user is None or not fits or not user.enabled:
            log.warning("identity.login_refused", user=user_name or user_id)
            raise Unauthorized(REFUSED)
        return Entered(user, ("password",))

    async def by_token(self, secret: str) -> Entered:
        """Raises Unauthorized. The new token will not outlive this one."""
        async with self._database.read() as connection:
            token = await find_token(connection, hashed(secret))
            grant = await find_grant(connection, token, now()) if token else None
        if grant is None:
            raise Unauthorized(REFUSED)
        methods = tuple(dict.fromkeys((*grant.token.methods, "token")))
        return Entered(grant.user, methods, grant.token.expires_at)

    async def issue(self, entered: Entered, scope: ScopeWanted) -> tuple[str, Grant]:
        """The new token's text and what it stands for. Raises Unauthorized without a role there."""
        moment = now()
        secret = new_secret()
        async with self._database.write() as connection:
            await remove_expired_tokens(connection, moment)
            target = await _target(connection, entered.user, scope)
            expires_at = min(filter(None, (moment + self._lifetime, entered.until)))
            token = Token(
                hash=hashed(secret),
                user_id=entered.user.id,
                target=target,
                methods=entered.methods,
                audit_id=new_audit_id(),
                issued_at=moment,
                expires_at=expires_at,
            )
            await add_token(connection, token)
            grant = await find_grant(connection, token, moment)
            if grant is None:
                raise Unauthorized(REFUSED)
        return secret, grant

    async def _find_user(self, user_id: str | None, user_name: str | None) -> User | None:
        async with self._database.read() as connection:
            if user_id is not None:
                return await people.find_user(connection, user_id)
            found = await people.list_users(connection, user_name or "")
        return found[0] if found else None


async def _target(connection: AsyncConnection, user: User, scope: ScopeWanted) -> str | None:
    if scope.system:
        return SYSTEM
    if scope.project_id is not None:
        if scope.project_id == SYSTEM:  # our own word for it, not a project's id
            raise Unauthorized(REFUSED)
        return scope.project_id
    if scope.project_name is not None:
        found = await people.list_projects(connection, scope.project_name)
        if not found:
            raise Unauthorized(REFUSED)
        return found[0].id
    if not scope.default or user.default_project_id is None:
        return None
    project = await people.find_project(connection, user.default_project_id)
    given = await people.roles_of(connection, user.id, user.default_project_id)
    return project.id if project and project.enabled and given else None
