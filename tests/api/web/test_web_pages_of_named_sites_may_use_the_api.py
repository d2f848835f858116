"""Cross-origin requests: sites that the settings name are let in, all others stay outside."""

import pytest
from pydantic import ValidationError
from tests.asgi import AsgiClient

from bessemer.errors import BessemerError
from bessemer.settings import Settings
from bessemer.web.authentication import noauth
from bessemer.web.cors import cors
from bessemer.web.dispatch import application
from bessemer.web.routes import Call, Reply, Route, Service
from bessemer.web.settings import CorsSettings

OURS, OTHER = "https://horizon.test", "https://evil.test"
ALLOWED = "Access-Control-Allow-Origin"


async def _done(call: Call) -> Reply:
    return Reply(call.body)


def _error(_status: int, error: BessemerError, _context: object) -> dict[str, str]:
    return {"is": error.message}


def client_of(settings: CorsSettings) -> AsgiClient:
    route = Route("POST", "/things", _done, "test:things", body=dict)
    service = Service("test", "", (route,), _error)
    authenticate = noauth(settings.allowed_origin)
    return AsgiClient(application([service], authenticate, around=cors(settings)))


@pytest.fixture
def client() -> AsgiClient:
    return client_of(CorsSettings(allowed_origin=(OURS,)))


async def preflight(client: AsgiClient, origin: str, header: str = "X-Auth-Token"):
    return await client.request(
        "OPTIONS",
        "/things",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": header,
        },
    )


async def test_a_named_site_is_let_in(client):
    asked = await preflight(client, OURS)
    assert (asked.status, asked.headers[ALLOWED]) == (200, OURS)
    assert "PATCH" in asked.headers["Access-Control-Allow-Methods"]
    assert asked.headers["Access-Control-Max-Age"] == "3600"
    answer = await client.post("/things", {"a": 1}, Origin=OURS)
    assert (answer.status, answer.headers[ALLOWED]) == (200, OURS)
    assert "X-OpenStack-Ironic-API-Version" in answer.headers["Access-Control-Expose-Headers"]


async def test_others_are_not(client):
    asked = await preflight(client, OTHER)
    assert ALLOWED not in asked.headers
    assert asked.status == 400
    answer = await client.post("/things", {"a": 1}, Origin=OTHER)
    assert ALLOWED not in answer.headers
    assert answer.status == 403


async def test_a_header_that_pages_may_not_send_is_refused(client):
    assert (await preflight(client, OURS, "X-Forwarded-User")).status == 400


async def test_without_the_setting_nothing_is_said_of_other_sites():
    client = client_of(CorsSettings())
    answer = await client.post("/things", {"a": 1})
    assert ALLOWED not in answer.headers
    assert (await preflight(client, OURS)).status == 405


async def test_lp_2160548_requests_never_add_to_the_sites_that_are_let_in():
    """There each request appended its own host to the configured list, so that it came to hold all."""
    settings = CorsSettings(allowed_origin=(OURS,))
    client = client_of(settings)
    for _ in range(3):
        await preflight(client, OTHER)
        await client.post(
            "/things", {}, Origin=OTHER, Host="evil.test", X_Forwarded_Host="evil.test"
        )
    assert settings.allowed_origin == (OURS,)
    assert ALLOWED not in (await preflight(client, OTHER)).headers


@pytest.mark.parametrize(
    "origin", ["horizon.test", "https://horizon.test/", "https://a.test/x", ""]
)
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(ValidationError, match="is no origin"):
        CorsSettings(allowed_origin=(origin,))


@pytest.mark.parametrize("strategy", ["noauth", "http_basic"])
def test_not_every_page_may_act_for_whoever_has_a_browser(strategy, tmp_path):
    authentication = {"strategy": strategy, "htpasswd_file": tmp_path / "users"}
    with pytest.raises(ValidationError, match="any page in an operator's browser"):
        Settings(cors={"allowed_origin": ["*"]}, authentication=authentication)
    Settings(cors={"allowed_origin": ["*"]}, authentication={"strategy": "identity"})
