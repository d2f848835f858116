"""Bodies that parse but should not be believed: 400 or 413 in words, whatever the route."""

import pytest
from tests.asgi import AsgiClient

from bessemer.web.authentication import noauth
from bessemer.web.dispatch import application
from bessemer.web.routes import Call, Reply, Route, Service


async def _echo(call: Call) -> Reply:
    return Reply(call.body)


@pytest.fixture
def client():
    route = Route("POST", "/echo", _echo, "test:echo", body=dict)
    service = Service("test", "", (route,), lambda _status, error, _context: {"is": error.message})
    return AsgiClient(application([service], noauth()))


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"a":1,"a":2}', "'a' twice"),
        (b'{"b":{"a":1,"\\u0061":2}}', "'a' twice"),
        (b'{"b":[{"x":"::","y":1,"y":1}]}', "'y' twice"),
        (b'{"a":NaN}', "not valid JSON"),
        (b'{"a":Infinity}', "not valid JSON"),
        (b'{"a":1e999}', "does not fit"),
        (b'{"a":18446744073709551616}', "64 bits"),
        (b'{"a":-9223372036854775809}', "64 bits"),
        (b'{"a":' + b"9" * 5000 + b"}", "does not fit"),
        (b'{"a":{"b":["\\u0000"]}}', "null character at $.a.b[...]"),
        (b'{"a\\u0000":1}', "null character"),
        (b'{"a":"\xff"}', "not valid JSON"),
        (b'{"a":"\\ud800"}', "not valid JSON"),
        (b'\xff\xfe{\x00"\x00', "not valid JSON"),
        (b'\xef\xbb\xbf{"a":1}', "not valid JSON"),
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"{'a':1}", "not valid JSON"),
        (b'{"a":1}{"a":1}', "not valid JSON"),
        (b'{"a":1,}', "not valid JSON"),
        (nested(26), "nests deeper"),
        (nested(10_000), "nests deeper"),
        (b'{"a":' + b"[" * 100_000, "nests deeper"),
        (b"[]", "does not fit"),
        (b"null", "does not fit"),
    ],
)
async def test_refused(client, body, words):
    answer = await client.post("/echo", body)
    assert answer.status == 400, answer.content
    assert words in answer.json["is"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":18446744073709551615,"b":-9223372036854775808}',
        b'{"a":"52:54:00:00:00:01","b":{"a":"http://[::1]:80/"}}',
        b'{"a":true,"b":null,"c":1.5,"d":[{"a":1},{"a":1}]}',
        nested(25),
    ],
)
async def test_taken(client, body):
    assert (await client.post("/echo", body)).status == 200


async def test_too_large(client):
    answer = await client.post("/echo", b'{"a":"' + b"x" * 1024 * 1024 + b'"}')
    assert answer.status == 413
