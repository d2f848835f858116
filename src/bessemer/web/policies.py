"""Who passes a rule of the rooms whose things have one owner: standings, and how a caller holds them."""

from collections.abc import Mapping
from enum import Flag, auto
from functools import lru_cache
from typing import Final

from bessemer.context import RequestContext
from bessemer.errors import Forbidden


class Who(Flag):
    """How a caller stands to a room. Higher roles hold the lower standings, too."""

    NOBODY = 0
    ADMIN = auto()
    """Administers the deployment; an `admin` of some project alone does not (RequestContext.is_admin)."""
    SERVICE = auto()
    """Acts for the deployment, as one of its own services."""
    SYSTEM_READER = auto()
    MEMBER = auto()
    """A member, manager or admin of their own project; handlers see to whose a thing is."""
    READER = auto()
    ANYBODY = auto()
    """Whoever is logged in."""


Rules = Mapping[str, Who]
"""Rule, as upstream spells it -> who passes."""

LADDER: Final = ("reader", "member", "manager", "admin")
READERS: Final = Who.ADMIN | Who.SERVICE | Who.READER
MEMBERS: Final = Who.ADMIN | Who.SERVICE | Who.MEMBER
ADMIN_OR_AUDITOR: Final = Who.ADMIN | Who.SYSTEM_READER


def level(roles: frozenset[str]) -> int:
    """How far up the ladder: 0 for none of its roles, 4 for an admin."""
    return max((n for n, name in enumerate(LADDER, 1) if name in roles), default=0)


def standing(context: RequestContext) -> Who:
    """How this caller stands to a room."""
    return _standing(context.roles, context.system_scope, context.project_id is not None) | (
        (Who.ADMIN if context.is_admin else Who.NOBODY)
        | (Who.SERVICE if context.is_service else Who.NOBODY)
    )


def demand(rules: Rules, rule: str, context: RequestContext) -> None:
    """Raises Forbidden for who does not pass. A rule that the table lacks is for administrators."""
    passing = rules.get(rule, Who.ADMIN)
    if not passing & standing(context):
        who = ", ".join(str(each.name).lower().replace("_", " ") for each in passing)
        raise Forbidden(f"Policy {rule} does not permit this: it is for {who}.")


@lru_cache(maxsize=256)
def _standing(roles: frozenset[str], system: bool, in_project: bool) -> Who:
    reached = level(roles)
    return (
        Who.ANYBODY
        | (Who.SYSTEM_READER if system and reached >= 1 else Who.NOBODY)
        | (Who.READER if in_project and reached >= 1 else Who.NOBODY)
        | (Who.MEMBER if in_project and reached >= 2 else Who.NOBODY)
    )
