"""The first start: roles, the first project, and an administrator whose password nobody chose."""

import os
import secrets
from pathlib import Path
from typing import Final
from uuid import uuid4

import structlog

from bessemer.db.engine import Database
from bessemer.db.locks import in_turn
from bessemer.identity.domain.people import SYSTEM, Assignment, Project, Role, User
from bessemer.identity.operations.passwords import Passwords
from bessemer.identity.settings import IdentitySettings
from bessemer.identity.store import people

log = structlog.get_logger()

ROLES: Final = ("admin", "manager", "member", "reader", "service")
PASSWORD_FILE: Final = "admin-password"  # noqa: S105 - a file's name


async def prepare_first_start(
    database: Database, settings: IdentitySettings, passwords: Passwords, directory: Path
) -> None:
    """Idempotent: does nothing once there is a user. Raises OSError when the file cannot be made."""
    async with database.read() as connection:
        if await people.list_users(connection):
            return
    password = secrets.token_urlsafe(24)
    password_hash = await passwords.hash(password)
    project = Project(uuid4().hex, settings.admin_project, "The first project")
    admin = User(uuid4().hex, settings.admin_user, password_hash, default_project_id=project.id)
    roles = [Role(uuid4().hex, name) for name in ROLES]
    async with database.write() as connection:
        await in_turn(connection, "first start")
        if await people.list_users(connection):
            return
        await people.add_project(connection, project)
        await people.add_user(connection, admin)
        for role in roles:
            await people.add_role(connection, role)
        for target in (project.id, SYSTEM):
            await people.assign(connection, Assignment(admin.id, roles[0].id, target))
        write_secret(directory / PASSWORD_FILE, password)  # before the commit: never a lost one
    log.info("identity.first_start", user=admin.name, password_file=str(directory / PASSWORD_FILE))


def write_secret(path: Path, text: str) -> None:
    """Write the file so that it is whole, on disk, and for its owner's eyes only (0600)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
