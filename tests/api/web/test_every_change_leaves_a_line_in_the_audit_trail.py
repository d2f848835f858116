"""The audit trail: who asked for which change of what, and what came of it."""

import pytest
from structlog.testing import capture_logs
from tests.api.baremetal.cloud import a_cloud
from tests.asgi import AsgiClient

from bessemer.baremetal.api.operators import baremetal_services
from bessemer.context import RequestContext
from bessemer.web.authentication import by_token
from bessemer.web.dispatch import application

OF_ADA = {"user": "u1", "user_name": "ada", "project": "p1"}


async def _owner_of(token: str) -> RequestContext | None:
    roles = {"admin-token": frozenset({"admin"}), "reader-token": frozenset({"reader"})}
    if token not in roles:
        return None
    return RequestContext(
        user_id="u1", user_name="ada", project_id="p1", roles=roles[token], system_scope=True
    )


@pytest.fixture
async def client(tmp_path):
    async with a_cloud(tmp_path) as cloud:
        yield AsgiClient(
            application(baremetal_services(cloud.desk), by_token(_owner_of)),
            {"X-OpenStack-Ironic-API-Version": "1.115"},
        )


async def trail(client, method, path, body, token):
    """The audit's lines of one request."""
    with capture_logs() as lines:
        await client.request(method, path, body, headers={"X-Auth-Token": token})
    return [
        {name: value for name, value in line.items() if name not in {"log_level", "service"}}
        for line in lines
        if line["event"].startswith("audit.")
    ]


NODE = {"driver": "fake-hardware", "name": "n1", "driver_info": {"ipmi_password": "open sesame"}}


async def test_a_change_is_written_down_with_who_did_it(client):
    (line,) = await trail(client, "POST", "/v1/nodes", NODE, "admin-token")
    assert line == {
        "event": "audit.done",
        "rule": "baremetal:node:create",
        "method": "POST",
        "path": "/v1/nodes",
        "status": 201,
        **OF_ADA,
    }
    (line,) = await trail(
        client, "PUT", "/v1/nodes/n1/states/provision", {"target": "manage"}, "admin-token"
    )
    assert (line["event"], line["rule"]) == ("audit.done", "baremetal:node:set_provision_state")
    assert (line["path"], line["status"]) == ("/v1/nodes/n1/states/provision", 202)


@pytest.mark.parametrize(
    ("token", "status", "who"),
    [("reader-token", 403, "u1"), ("none-such", 401, None)],
)
async def test_so_is_what_was_refused(client, token, status, who):
    (line,) = await trail(client, "POST", "/v1/nodes", NODE, token)
    assert (line["event"], line["status"], line["user"]) == ("audit.refused", status, who)


async def test_reading_leaves_none_and_bodies_stay_out_of_it(client):
    assert await trail(client, "GET", "/v1/nodes", None, "admin-token") == []
    assert "sesame" not in str(await trail(client, "POST", "/v1/nodes", NODE, "admin-token"))
