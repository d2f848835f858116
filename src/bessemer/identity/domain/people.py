"""Users, projects, roles and who has which role where."""

from dataclasses import dataclass
from typing import Final

DOMAIN_ID: Final = "default"
DOMAIN_NAME: Final = "Default"
SYSTEM: Final = "system"
"""The target of an assignment that holds for the whole deployment instead of one project."""

IMPLIED: Final = {"admin": ("manager",), "manager": ("member",), "member": ("reader",)}
"""Which role brings which others along, as `keystone-manage bootstrap` sets it up."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can log in. `password_hash` is argon2's own text."""

    id: str
    name: str
    password_hash: str
    enabled: bool = True
    description: str = ""
    email: str | None = None
    default_project_id: str | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """What servers, ports and images belong to."""

    id: str
    name: str
    description: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Role:
    """A name that policies ask for."""

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One role of one user on one target: a project's id, or SYSTEM."""

    user_id: str
    role_id: str
    target: str


def with_implied(names: frozenset[str]) -> frozenset[str]:
    """The roles' names with all that they imply."""
    grown = names.union(*(IMPLIED.get(name, ()) for name in names))
    return grown if grown == names else with_implied(grown)
