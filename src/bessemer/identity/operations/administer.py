"""Keeping users, projects, roles and assignments."""

from typing import Any
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.db.engine import Database
from bessemer.errors import Conflict, Invalid, NotFound, Unauthorized
from bessemer.identity.domain.people import SYSTEM, Assignment, Project, Role, User
from bessemer.identity.operations.log_in import REFUSED
from bessemer.identity.operations.passwords import MAX_PASSWORD, Passwords
from bessemer.identity.store import people
from bessemer.identity.store.tokens import remove_tokens_of

LOCKS_OUT = ("password_hash", "enabled")
"""Changes after which a user's old tokens are worth nothing."""


class Administration:
    """The verbs behind Keystone's user, project and role resources."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        self._database = database
        self._passwords = passwords

    async def users(self, name: str | None = None) -> list[User]:
        """All, or those of this name."""
        async with self._database.read() as connection:
            return await people.list_users(connection, name)

    async def projects(self, name: str | None = None) -> list[Project]:
        """All, or those of this name."""
        async with self._database.read() as connection:
            return await people.list_projects(connection, name)

    async def projects_of(self, user_id: str) -> list[Project]:
        """Enabled projects on which the user has a role."""
        async with self._database.read() as connection:
            targets = await people.targets_of(connection, user_id)
            return [
                p for p in await people.list_projects(connection) if p.id in targets and p.enabled
            ]

    async def has_system_role(self, user_id: str) -> bool:
        """Whether the user may ask for a system-scoped token."""
        async with self._database.read() as connection:
            return SYSTEM in await people.targets_of(connection, user_id)

    async def roles(self, name: str | None = None) -> list[Role]:
        """All, or those of this name."""
        async with self._database.read() as connection:
            return await people.list_roles(connection, name)

    async def user(self, user_id: str) -> User:
        """Raises NotFound."""
        async with self._database.read() as connection:
            return await _user(connection, user_id)

    async def project(self, project_id: str) -> Project:
        """Raises NotFound."""
        async with self._database.read() as connection:
            return await _project(connection, project_id)

    async def role(self, role_id: str) -> Role:
        """Raises NotFound."""
        async with self._database.read() as connection:
            return await _role(connection, role_id)

    async def create_user(self, name: str, password: str | None, **more: Any) -> User:
        """A user without a password cannot log in. Raises Conflict when the name is taken."""
        password_hash = "" if password is None else await self._hash(password)
        user = User(uuid4().hex, name, password_hash, **more)
        await self._insert(people.add_user, user, f"user named {name}")
        return user

    async def create_project(self, name: str, description: str, enabled: bool) -> Project:
        """Raises Conflict when the name is taken."""
        project = Project(uuid4().hex, name, description, enabled)
        await self._insert(people.add_project, project, f"project named {name}")
        return project

    async def create_role(self, name: str, description: str) -> Role:
        """Raises Conflict when the name is taken."""
        role = Role(uuid4().hex, name, description)
        await self._insert(people.add_role, role, f"role named {name}")
        return role

    async def change_user(self, user_id: str, values: dict[str, Any]) -> User:
        """`values`: columns of the user, and `password`. Ends the user's tokens where it must."""
        password = values.pop("password", None)
        if password is not None:
            values["password_hash"] = await self._hash(password)
        async with self._database.write() as connection:
            await _user(connection, user_id)
            await _change(connection, User, user_id, values)
            if any(name in values for name in LOCKS_OUT):
                await remove_tokens_of(connection, user_id)
            return await _user(connection, user_id)

    async def change_own_password(self, user_id: str, original: str, password: str) -> None:
        """Raises Unauthorized when the original does not fit."""
        async with self._database.read() as connection:
            user = await people.find_user(connection, user_id)
        fits = await self._passwords.verify(user.password_hash if user else None, original)
        if not fits:
            raise Unauthorized(REFUSED)
        await self.change_user(user_id, {"password": password})

    async def change_project(self, project_id: str, values: dict[str, Any]) -> Project:
        """Raises NotFound, Conflict."""
        async with self._database.write() as connection:
            await _project(connection, project_id)
            await _change(connection, Project, project_id, values)
            return await _project(connection, project_id)

    async def delete_user(self, user_id: str) -> None:
        """With tokens and assignments. Raises NotFound."""
        async with self._database.write() as connection:
            await _user(connection, user_id)
            await people.remove_user(connection, user_id)

    async def delete_project(self, project_id: str) -> None:
        """With tokens and assignments. Raises NotFound."""
        async with self._database.write() as connection:
            await _project(connection, project_id)
            await people.remove_project(connection, project_id)

    async def delete_role(self, role_id: str) -> None:
        """With its assignments. Raises NotFound."""
        async with self._database.write() as connection:
            await _role(connection, role_id)
            await people.remove_role(connection, role_id)

    async def assignments(
        self, user_id: str | None, role_id: str | None, target: str | None
    ) -> list[Assignment]:
        """Those that match everything given."""
        async with self._database.read() as connection:
            return await people.list_assignments(
                connection, user_id=user_id, role_id=role_id, target=target
            )

    async def assign(self, assignment: Assignment) -> None:
        """Idempotent. Raises NotFound for an unknown user, role or project."""
        async with self._database.write() as connection:
            await _check(connection, assignment)
            await people.assign(connection, assignment)

    async def unassign(self, assignment: Assignment) -> None:
        """Raises NotFound when there is no such assignment."""
        async with self._database.write() as connection:
            if not await people.unassign(connection, assignment):
                raise NotFound("Could not find that role assignment.")

    async def _hash(self, password: str) -> str:
        if not 1 <= len(password) <= MAX_PASSWORD:
            raise Invalid(f"A password has 1 to {MAX_PASSWORD} characters.")
        return await self._passwords.hash(password)

    async def _insert(self, add: Any, thing: User | Project | Role, words: str) -> None:
        try:
            async with self._database.write() as connection:
                await add(connection, thing)
        except IntegrityError as error:
            raise Conflict(f"There is a {words} already.") from error


async def _change(
    connection: AsyncConnection,
    noun: type[User] | type[Project],
    ident: str,
    values: dict[str, Any],
) -> None:
    if not values:
        return
    try:
        await people.change(connection, noun, ident, values)
    except IntegrityError as error:
        raise Conflict(f"The name {values.get('name')} is taken already.") from error


async def _check(connection: AsyncConnection, assignment: Assignment) -> None:
    await _user(connection, assignment.user_id)
    await _role(connection, assignment.role_id)
    if assignment.target != SYSTEM:
        await _project(connection, assignment.target)


async def _user(connection: AsyncConnection, user_id: str) -> User:
    user = await people.find_user(connection, user_id)
    if user is None:
        raise NotFound(f"Could not find user: {user_id}.")
    return user


async def _project(connection: AsyncConnection, project_id: str) -> Project:
    project = await people.find_project(connection, project_id)
    if project is None:
        raise NotFound(f"Could not find project: {project_id}.")
    return project


async def _role(connection: AsyncConnection, role_id: str) -> Role:
    role = await people.find_role(connection, role_id)
    if role is None:
        raise NotFound(f"Could not find role: {role_id}.")
    return role
