"""SQL for users, projects, roles and assignments."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.db.locks import kept
from bessemer.db.upsert import insert_if_new
from bessemer.identity.domain.people import Assignment, Project, Role, User
from bessemer.identity.store.tables import assignments, projects, roles, tokens, users


def _user(row: RowMapping) -> User:
    return User(**row)


def _project(row: RowMapping) -> Project:
    return Project(**row)


def _role(row: RowMapping) -> Role:
    return Role(**row)


async def _rows(
    connection: AsyncConnection, table: Table, *where: ColumnElement[bool]
) -> Sequence[RowMapping]:
    query = select(table).where(*where).order_by(*table.primary_key)
    rows: Sequence[RowMapping] = (
        (await connection.execute(kept(connection, query))).mappings().all()
    )
    return rows


async def list_users(connection: AsyncConnection, name: str | None = None) -> list[User]:
    """All users, or those of this name (at most one)."""
    where = () if name is None else (users.c.name == name,)
    return [_user(row) for row in await _rows(connection, users, *where)]


async def list_projects(connection: AsyncConnection, name: str | None = None) -> list[Project]:
    """All projects, or those of this name (at most one)."""
    where = () if name is None else (projects.c.name == name,)
    return [_project(row) for row in await _rows(connection, projects, *where)]


async def list_roles(connection: AsyncConnection, name: str | None = None) -> list[Role]:
    """All roles, or those of this name (at most one)."""
    where = () if name is None else (roles.c.name == name,)
    return [_role(row) for row in await _rows(connection, roles, *where)]


async def list_assignments(
    connection: AsyncConnection,
    *,
    user_id: str | None = None,
    role_id: str | None = None,
    target: str | None = None,
) -> list[Assignment]:
    """Assignments that match everything given."""
    wanted = {"user_id": user_id, "role_id": role_id, "target": target}
    where = [assignments.c[name] == value for name, value in wanted.items() if value is not None]
    return [Assignment(**row) for row in await _rows(connection, assignments, *where)]


async def find_user(connection: AsyncConnection, user_id: str) -> User | None:
    """By id."""
    rows = await _rows(connection, users, users.c.id == user_id)
    return _user(rows[0]) if rows else None


async def find_project(connection: AsyncConnection, project_id: str) -> Project | None:
    """By id."""
    rows = await _rows(connection, projects, projects.c.id == project_id)
    return _project(rows[0]) if rows else None


async def find_role(connection: AsyncConnection, role_id: str) -> Role | None:
    """By id."""
    rows = await _rows(connection, roles, roles.c.id == role_id)
    return _role(rows[0]) if rows else None


async def roles_of(connection: AsyncConnection, user_id: str, target: str) -> list[Role]:
    """Roles that were given to the user on the target, without the implied ones."""
    rows = await connection.execute(
        select(roles)
        .join(assignments, assignments.c.role_id == roles.c.id)
        .where(assignments.c.user_id == user_id, assignments.c.target == target)
        .order_by(roles.c.name)
    )
    return [_role(row) for row in rows.mappings()]


async def targets_of(connection: AsyncConnection, user_id: str) -> set[str]:
    """Ids of the projects on which the user has any role; SYSTEM too."""
    rows = await connection.execute(
        select(assignments.c.target).where(assignments.c.user_id == user_id).distinct()
    )
    return set(rows.scalars())


async def add_user(connection: AsyncConnection, user: User) -> None:
    """Raises sqlalchemy's IntegrityError when the name is taken."""
    await connection.execute(insert(users).values(**asdict(user)))


async def add_project(connection: AsyncConnection, project: Project) -> None:
    """Raises sqlalchemy's IntegrityError when the name is taken."""
    await connection.execute(insert(projects).values(**asdict(project)))


async def add_role(connection: AsyncConnection, role: Role) -> None:
    """Raises sqlalchemy's IntegrityError when the name is taken."""
    await connection.execute(insert(roles).values(**asdict(role)))


async def change(
    connection: AsyncConnection, noun: type[User] | type[Project], ident: str, values: Any
) -> None:
    """Set some columns of one user or project."""
    table = users if noun is User else projects
    await connection.execute(update(table).where(table.c.id == ident).values(**values))


async def assign(connection: AsyncConnection, assignment: Assignment) -> None:
    """Idempotent."""
    await insert_if_new(connection, assignments, asdict(assignment))


async def unassign(connection: AsyncConnection, assignment: Assignment) -> bool:
    """True when there was such an assignment."""
    done = await connection.execute(
        delete(assignments).where(
            assignments.c.user_id == assignment.user_id,
            assignments.c.role_id == assignment.role_id,
            assignments.c.target == assignment.target,
        )
    )
    return bool(done.rowcount)


async def remove_user(connection: AsyncConnection, user_id: str) -> None:
    """With the user's tokens and assignments."""
    await connection.execute(delete(tokens).where(tokens.c.user_id == user_id))
    await connection.execute(delete(assignments).where(assignments.c.user_id == user_id))
    await connection.execute(delete(users).where(users.c.id == user_id))


async def remove_project(connection: AsyncConnection, project_id: str) -> None:
    """With the tokens and assignments for it."""
    await connection.execute(delete(tokens).where(tokens.c.target == project_id))
    await connection.execute(delete(assignments).where(assignments.c.target == project_id))
    await connection.execute(delete(projects).where(projects.c.id == project_id))


async def remove_role(connection: AsyncConnection, role_id: str) -> None:
    """With its assignments."""
    await connection.execute(delete(assignments).where(assignments.c.role_id == role_id))
    await connection.execute(delete(roles).where(roles.c.id == role_id))
