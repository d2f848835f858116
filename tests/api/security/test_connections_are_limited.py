"""Real sockets: heads of bounded size and time, bodies that must not fall silent."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn

from bessemer.server import _QuietServer
from bessemer.web.authentication import noauth
from bessemer.web.dispatch import application
from bessemer.web.limits import LimitedProtocol
from bessemer.web.routes import Call, Reply, Route, Service

PATIENCE_S = 20


class Hurried(LimitedProtocol):
    head_timeout = 0.4
    body_timeout = 0.4


async def _size(call: Call) -> Reply:
    return Reply({"keys": len(call.body)})


async def _ok(_call: Call) -> Reply:
    return Reply({"ok": True})


async def serving(protocol: type[LimitedProtocol]) -> AsyncIterator[int]:
    routes = (
        Route("POST", "/things", _size, "test:things", body=dict),
        Route("GET", "/things", _ok, "test:things"),
    )
    service = Service("test", "", routes, lambda _status, error, _context: {"is": error.message})
    app = application([service], noauth())
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=protocol, log_config=None, lifespan="off", loop="none")
    server = _QuietServer(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await running
    listener.close()


@pytest.fixture
async def port():
    async for each in serving(LimitedProtocol):
        yield each


@pytest.fixture
async def hurried():
    async for each in serving(Hurried):
        yield each


async def exchange(port: int, *pieces: bytes) -> bytes:
    """Everything that comes back until the server hangs up; the client itself never does."""
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


CLOSE = b"Host: x\r\nConnection: close\r\n"


async def test_a_request_within_the_limits_is_served(port):
    head = b"GET /things?" + b"q" * 8000 + b" HTTP/1.1\r\n" + CLOSE
    head += b"".join(b"X-%d: %s\r\n" % (n, b"v" * 1000) for n in range(40))
    assert status(await exchange(port, head + b"\r\n")) == 200


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([b"GET /things?" + b"q" * 20_000 + b" HTTP/1.1\r\n\r\n"], 414),
        ([b"GET /things?" + b"q" * 9_000, b"q" * 9_000, b"q" * 9_000], 414),
        ([b"GET /things HTTP/1.1\r\nX: " + b"v" * 70_000 + b"\r\n\r\n"], 431),
        ([b"GET /things HTTP/1.1\r\nX: ", *[b"v" * 20_000] * 5], 431),
        ([b"GET /things HTTP/1.1\r\n" + b"".join(b"X: y\r\n" for _ in range(300)) + b"\r\n"], 431),
        ([b"GET /things HTTP/1.1\r\n", *[b"X-Y: " + b"v" * 900 + b"\r\n"] * 100], 431),
        ([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"], 400),
        ([b"GET things HTTP/1.1\r\n\r\n"], 400),
        ([b"POST /things HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}"], 400),
    ],
)
async def test_heads_beyond_the_limits_are_refused_in_their_own_words(port, pieces, expected):
    assert status(await exchange(port, *pieces)) == expected


async def test_who_says_nothing_is_hung_up_on(hurried):
    assert status(await exchange(hurried)) == 408


async def test_a_head_that_comes_drop_by_drop_is_cut_off(hurried):
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", hurried)
        answer = asyncio.create_task(reader.read())
        writer.write(b"GET /things HTTP/1.1\r\n")
        while not answer.done():
            writer.write(b"X: y\r\n")
            await asyncio.wait([answer], timeout=0.05)
        assert status(answer.result()) == 408
        writer.close()


async def test_a_body_that_falls_silent_is_hung_up_on(hurried):
    head = b"POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    assert await exchange(hurried, head, b'{"a":') == b""


async def test_a_body_that_goes_on_may_take_longer_than_a_silence(hurried):
    body = json.dumps({"a": "x" * 20}).encode()
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", hurried)
        head = b"POST /things HTTP/1.1\r\n" + CLOSE + b"Content-Length: %d\r\n\r\n" % len(body)
        writer.write(head)
        answer = asyncio.create_task(reader.read())
        for n in range(0, len(body), 3):
            writer.write(body[n : n + 3])
            await asyncio.wait([answer], timeout=0.06)
        assert status(await answer) == 200
        writer.close()


async def test_an_endless_trailer_is_refused(port):
    head = (
        b"POST /things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: "
    )
    answer = await exchange(port, head, *[b"v" * 65_536] * 40)
    assert answer == b"" or status(answer) == 431  # or the connection was reset


async def test_a_body_announced_too_large_is_refused_before_it_comes(port):
    head = b"POST /things HTTP/1.1\r\n" + CLOSE + b"Content-Length: 1099511627776\r\n\r\n"
    assert status(await exchange(port, head)) == 413
