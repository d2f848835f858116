"""A web page in an operator's browser reaches loopback, and sends along what the browser remembers."""

import base64

import bcrypt
import pytest
from tests.asgi import AsgiClient

from bessemer.web.authentication import noauth
from bessemer.web.basic_authentication import by_password_file
from bessemer.web.dispatch import application
from bessemer.web.routes import Call, Reply, Route, Service


async def _done(call: Call) -> Reply:
    return Reply(call.body)


@pytest.fixture(params=["noauth", "http_basic"])
def client(request, tmp_path):
    authenticate = noauth()
    if request.param == "http_basic":
        file = tmp_path / "htpasswd"
        file.write_text("ada:" + bcrypt.hashpw(b"pass", bcrypt.gensalt(4)).decode())
        authenticate = by_password_file(file)
    route = Route("POST", "/things", _done, "test:things", body=dict)
    service = Service("test", "", (route,), lambda _status, error, _context: {"is": error.message})
    password = "Basic " + base64.b64encode(b"ada:pass").decode()
    return AsgiClient(application([service], authenticate), {"Authorization": password})


@pytest.mark.parametrize(
    "origin",
    ["http://evil.test", "null", "", "http://cloud.test.evil.test", "http://cloud.test:81"],
)
async def test_other_origins_are_refused(client, origin):
    assert (await client.post("/things", {}, Origin=origin)).status == 403


async def test_our_own_pages_and_programs_are_served(client):
    assert (await client.post("/things", {}, Origin="http://cloud.test")).status == 200
    assert (await client.post("/things", {})).status == 200
