"""A fresh identity service with its API, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.asgi import Answer, AsgiClient
from tests.databases import a_database

from bessemer.db.engine import Database
from bessemer.identity.api.service import identity_api
from bessemer.identity.service import EmbeddedIdentity
from bessemer.identity.settings import IdentitySettings
from bessemer.web.authentication import by_token
from bessemer.web.dispatch import application

TOKENS = "/identity/v3/auth/tokens"


@dataclass
class Cloud:
    database: Database
    identity: EmbeddedIdentity
    client: AsgiClient
    password: str

    async def log_in(
        self, name: str = "admin", password: str | None = None, scope: Any = None
    ) -> Answer:
        user = {
            "name": name,
            "domain": {"id": "default"},
            "password": self.password if password is None else password,
        }
        return await self.authenticate({"methods": ["password"], "password": {"user": user}}, scope)

    async def authenticate(self, identity: Any, scope: Any = None) -> Answer:
        auth = {"identity": identity} | ({} if scope is None else {"scope": scope})
        return await self.client.post(TOKENS, {"auth": auth})

    async def token(self, **login: Any) -> str:
        return (await self.log_in(**login)).headers["X-Subject-Token"]

    async def as_admin(self) -> AsgiClient:
        self.client.headers["X-Auth-Token"] = await self.token()
        return self.client


@asynccontextmanager
async def a_cloud(
    directory: Path, lifetime: timedelta = timedelta(hours=1), *, legacy_admin: bool = False
) -> AsyncIterator[Cloud]:
    settings = IdentitySettings(token_lifetime=lifetime)
    async with a_database(directory) as database:
        identity = EmbeddedIdentity(database, settings, directory)
        await identity.start()
        served = [identity_api(identity, legacy_admin=legacy_admin)]
        app = application(served, by_token(identity.validate_token, legacy_admin=legacy_admin))
        password = (directory / "admin-password").read_text().strip()
        yield Cloud(database, identity, AsgiClient(app), password)
        await identity.stop()
