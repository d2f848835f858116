"""What a token stands for now: its user, project and roles, read afresh at every use."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.identity.domain.people import SYSTEM, Role, with_implied
from bessemer.identity.domain.token import Grant, Token
from bessemer.identity.store import people


async def find_grant(connection: AsyncConnection, token: Token, moment: datetime) -> Grant | None:
    """None when the token is worth nothing (any more): fails closed on every doubt."""
    if token.expires_at <= moment:
        return None
    user = await people.find_user(connection, token.user_id)
    if user is None or not user.enabled:
        return None
    if token.target is None:
        return Grant(token, user, None, ())
    project = None
    if token.target != SYSTEM:
        project = await people.find_project(connection, token.target)
        if project is None or not project.enabled:
            return None
    roles = await _roles(connection, user.id, token.target)
    return Grant(token, user, project, roles) if roles else None


async def _roles(connection: AsyncConnection, user_id: str, target: str) -> tuple[Role, ...]:
    given = await people.roles_of(connection, user_id, target)
    names = with_implied(frozenset(role.name for role in given))
    everything = await people.list_roles(connection)
    return tuple(sorted((r for r in everything if r.name in names), key=lambda r: r.name))
