"""Request bodies of the Identity API v3, and how our values look on its wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from bessemer.identity.domain.people import DOMAIN_ID, DOMAIN_NAME, Assignment, Project, Role, User
from bessemer.identity.domain.token import Grant
from bessemer.json_types import JsonObject

DOMAIN = {"id": DOMAIN_ID, "name": DOMAIN_NAME}

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""What people and programs will compare and print: no control characters."""
Text = Annotated[str, msgspec.Meta(max_length=65535, pattern=r"^[^\x00]*$")]
"""PostgreSQL keeps no NUL."""


class DomainRef(msgspec.Struct):
    """A domain by id or name."""

    id: str | None = None
    name: str | None = None


class UserRef(msgspec.Struct):
    """Who logs in."""

    id: str | None = None
    name: str | None = None
    domain: DomainRef | None = None
    password: str = ""


class PasswordMethod(msgspec.Struct):
    """`identity.password`."""

    user: UserRef


class TokenMethod(msgspec.Struct):
    """`identity.token`."""

    id: str


class Identity(msgspec.Struct):
    """`auth.identity`."""

    methods: list[str]
    password: PasswordMethod | None = None
    token: TokenMethod | None = None


class ProjectRef(msgspec.Struct):
    """A project by id, or by name and domain."""

    id: str | None = None
    name: str | None = None
    domain: DomainRef | None = None


class Scope(msgspec.Struct):
    """`auth.scope`."""

    project: ProjectRef | None = None
    system: dict[str, Any] | None = None
    domain: DomainRef | None = None


class Auth(msgspec.Struct):
    """What `POST /v3/auth/tokens` holds under `auth`."""

    identity: Identity
    scope: Literal["unscoped"] | Scope | None = None


class AuthBody(msgspec.Struct):
    """Body of `POST /v3/auth/tokens`."""

    auth: Auth


class NewUser(msgspec.Struct):
    """A user to create."""

    name: Name
    password: str | None = None
    enabled: bool = True
    description: Text | None = None
    email: Text | None = None
    default_project_id: Text | None = None


class NewUserBody(msgspec.Struct):
    """Body of `POST /v3/users`."""

    user: NewUser


class UserChange(msgspec.Struct):
    """What may change on a user; UNSET: stays."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    password: str | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    description: Text | msgspec.UnsetType = msgspec.UNSET
    email: Text | msgspec.UnsetType | None = msgspec.UNSET
    default_project_id: Text | msgspec.UnsetType | None = msgspec.UNSET


class UserChangeBody(msgspec.Struct):
    """Body of `PATCH /v3/users/{id}`."""

    user: UserChange


class PasswordChange(msgspec.Struct):
    """Old and new."""

    original_password: str
    password: str


class PasswordChangeBody(msgspec.Struct):
    """Body of `POST /v3/users/{id}/password`."""

    user: PasswordChange


class NewProject(msgspec.Struct):
    """A project to create."""

    name: Name
    description: Text | None = None
    enabled: bool = True


class NewProjectBody(msgspec.Struct):
    """Body of `POST /v3/projects`."""

    project: NewProject


class ProjectChange(msgspec.Struct):
    """What may change on a project; UNSET: stays."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    description: Text | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


class ProjectChangeBody(msgspec.Struct):
    """Body of `PATCH /v3/projects/{id}`."""

    project: ProjectChange


class NewRole(msgspec.Struct):
    """A role to create."""

    name: Name
    description: Text | None = None


class NewRoleBody(msgspec.Struct):
    """Body of `POST /v3/roles`."""

    role: NewRole


def given(change: UserChange | ProjectChange) -> dict[str, Any]:
    """The fields that the client sent."""
    pairs = ((name, getattr(change, name)) for name in change.__struct_fields__)
    return {name: value for name, value in pairs if value is not msgspec.UNSET}


def timestamp(moment: datetime) -> str:
    """Keystone's spelling: `2026-01-31T12:00:00.000000Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def user_body(user: User, base_url: str) -> JsonObject:
    """A user without the password's hash."""
    return {
        "id": user.id,
        "name": user.name,
        "domain_id": DOMAIN_ID,
        "enabled": user.enabled,
        "description": user.description,
        "email": user.email,
        "default_project_id": user.default_project_id,
        "password_expires_at": None,
        "options": {},
        "links": {"self": f"{base_url}/identity/v3/users/{user.id}"},
    }


def project_body(project: Project, base_url: str) -> JsonObject:
    """A project."""
    return {
        "id": project.id,
        "name": project.name,
        "domain_id": DOMAIN_ID,
        "parent_id": DOMAIN_ID,
        "is_domain": False,
        "enabled": project.enabled,
        "description": project.description,
        "options": {},
        "tags": [],
        "links": {"self": f"{base_url}/identity/v3/projects/{project.id}"},
    }


def role_body(role: Role, base_url: str) -> JsonObject:
    """A role."""
    return {
        "id": role.id,
        "name": role.name,
        "domain_id": None,
        "description": role.description,
        "options": {},
        "links": {"self": f"{base_url}/identity/v3/roles/{role.id}"},
    }


def assignment_body(
    assignment: Assignment, names: dict[str, str] | None, system: str
) -> JsonObject:
    """A role assignment; with `names` (id -> name) as `include_names` wants it."""
    on_system = assignment.target == system
    scope: JsonObject = (
        {"system": {"all": True}}
        if on_system
        else {"project": _named(assignment.target, names, domain=True)}
    )
    return {
        "role": _named(assignment.role_id, names, domain=False),
        "user": _named(assignment.user_id, names, domain=True),
        "scope": scope,
        "links": {},
    }


def _named(ident: str, names: dict[str, str] | None, *, domain: bool) -> JsonObject:
    if names is None:
        return {"id": ident}
    named = {"id": ident, "name": names.get(ident, "")}
    return named | {"domain": DOMAIN} if domain else named


def token_body(grant: Grant, catalog: list[JsonObject] | None) -> JsonObject:
    """`{"token": …}` as Keystone writes it."""
    body: dict[str, Any] = {
        "methods": list(grant.token.methods),
        "user": {
            "id": grant.user.id,
            "name": grant.user.name,
            "domain": DOMAIN,
            "password_expires_at": None,
        },
        "audit_ids": [grant.token.audit_id],
        "issued_at": timestamp(grant.token.issued_at),
        "expires_at": timestamp(grant.token.expires_at),
    }
    if grant.token.target is not None:
        body["roles"] = [{"id": role.id, "name": role.name} for role in grant.roles]
    if grant.project is not None:
        project = grant.project
        body["project"] = {"id": project.id, "name": project.name, "domain": DOMAIN}
        body["is_domain"] = False
    if grant.is_system:
        body["system"] = {"all": True}
    if catalog is not None:
        body["catalog"] = catalog
    return {"token": body}
