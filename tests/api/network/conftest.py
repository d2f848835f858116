"""Fixtures: the network room's API over a real database, with a switch in memory."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from tests.asgi import AsgiClient
from tests.databases import a_database

from bessemer.bus.memory import MemoryBus
from bessemer.context import RequestContext
from bessemer.network.api.service import network_api
from bessemer.network.service import EmbeddedNetwork
from bessemer.network.settings import NetworkSettings, SwitchSettings
from bessemer.web.authentication import by_token
from bessemer.web.dispatch import application

SWITCH_ID = "02:00:00:00:00:01"


async def whose(token: str) -> RequestContext | None:
    """Tokens are `admin`, or a project, or `project:role`; a member's where no role is named."""
    if not token:
        return None
    project, _, role = token.partition(":")
    roles = frozenset({"admin"}) if token == "admin" else frozenset({role or "member"})
    first = token == "admin"
    return RequestContext(user_id=project, project_id=project, roles=roles, system_scope=first)


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[EmbeddedNetwork]:
    settings = NetworkSettings(
        dhcp="none",
        tenant_vlans=((1000, 1001),),
        switches={"tor": SwitchSettings(driver="fake", switch_id=SWITCH_ID)},
    )
    async with a_database(tmp_path) as database:
        room = EmbeddedNetwork(database, MemoryBus(), settings, tmp_path)
        await room.start()
        yield room
        await room.stop()


@pytest.fixture
def app(network: EmbeddedNetwork) -> Starlette:
    return application(network_api(network), by_token(whose))


@pytest.fixture
def admin(app: Starlette) -> AsgiClient:
    return AsgiClient(app, {"X-Auth-Token": "admin"})


@pytest.fixture
def blue(app: Starlette) -> AsgiClient:
    return AsgiClient(app, {"X-Auth-Token": "blue"})


@pytest.fixture
def red(app: Starlette) -> AsgiClient:
    return AsgiClient(app, {"X-Auth-Token": "red"})
