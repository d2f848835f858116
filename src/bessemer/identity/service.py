"""The embedded identity service: issues, validates and revokes tokens in this process."""

from pathlib import Path

from bessemer.clock import now
from bessemer.context import RequestContext
from bessemer.db.engine import Database
from bessemer.identity.domain.token import Grant, hashed
from bessemer.identity.operations.administer import Administration
from bessemer.identity.operations.first_start import prepare_first_start
from bessemer.identity.operations.grants import find_grant
from bessemer.identity.operations.log_in import LogIn
from bessemer.identity.operations.passwords import Passwords
from bessemer.identity.settings import IdentitySettings
from bessemer.identity.store.tokens import find_token, remove_token


class EmbeddedIdentity:
    """Implements IdentityService on our own database. The schema must be up to date."""

    def __init__(
        self, database: Database, settings: IdentitySettings, state_directory: Path
    ) -> None:
        self._database = database
        self._state_directory = state_directory
        self._passwords = Passwords()
        self.settings = settings
        self.log_in = LogIn(database, self._passwords, settings.token_lifetime)
        self.administration = Administration(database, self._passwords)

    async def start(self) -> None:
        """Make the first administrator if there is nobody yet."""
        await prepare_first_start(
            self._database, self.settings, self._passwords, self._state_directory
        )

    async def stop(self) -> None:
        """Nothing runs in the background."""

    async def validate_token(self, token: str) -> RequestContext | None:
        """See IdentityService. An unscoped token is for this service only: None."""
        grant = await self.find_grant(token)
        if grant is None or grant.token.target is None:
            return None
        return context_of(grant, self.settings)

    async def find_grant(self, secret: str) -> Grant | None:
        """What the token stands for now; None for an unknown, revoked or expired one."""
        if not secret:
            return None
        async with self._database.read() as connection:
            token = await find_token(connection, hashed(secret))
            return None if token is None else await find_grant(connection, token, now())

    async def revoke(self, secret: str) -> None:
        """Idempotent."""
        async with self._database.write() as connection:
            await remove_token(connection, hashed(secret))


def context_of(grant: Grant, settings: IdentitySettings) -> RequestContext:
    """The grant as the other rooms see it.

    Administrators of the first project administer the deployment, as Keystone's `admin_project`.
    """
    project = grant.project
    roles = frozenset(role.name for role in grant.roles)
    first = project is not None and project.name == settings.admin_project
    return RequestContext(
        user_id=grant.user.id,
        user_name=grant.user.name,
        project_id=project.id if project else None,
        project_name=project.name if project else None,
        roles=roles,
        system_scope=grant.is_system or (first and "admin" in roles),
        service_project=project is not None and project.name == settings.service_project,
    )
