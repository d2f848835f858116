"""Real sockets: GRUB before 2.12 knows `Content-Length` and `Transfer-Encoding` in this spelling only."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from bessemer.server import _QuietServer
from bessemer.web.spelling import SpelledProtocol

LOOKS_LIKE_A_HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    body = await request.body()

    async def pieces() -> AsyncIterator[bytes]:
        yield LOOKS_LIKE_A_HEAD

    found = {"/whole": Response(LOOKS_LIKE_A_HEAD + body), "/pieces": StreamingResponse(pieces())}
    await found[scope["path"]](scope, receive, send)


@pytest.fixture
async def connection() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http=SpelledProtocol, log_config=None, lifespan="off", loop="none", server_header=False
    )
    server = _QuietServer(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    yield reader, writer
    writer.close()
    server.should_exit = True
    await running
    listener.close()


async def head(reader: asyncio.StreamReader) -> list[bytes]:
    return (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[:-2]


async def test_the_length_is_spelled_and_the_body_is_left_alone(connection):
    reader, writer = connection
    for _ in range(2):  # on one connection
        writer.write(b"GET /whole HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"Content-Length: %d" % len(LOOKS_LIKE_A_HEAD) in await head(reader)
        assert await reader.readexactly(len(LOOKS_LIKE_A_HEAD)) == LOOKS_LIKE_A_HEAD


async def test_requests_sent_in_one_go_are_answered_in_that_spelling(connection):
    reader, writer = connection
    writer.write(b"GET /whole HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
    for _ in range(3):
        assert b"Content-Length: %d" % len(LOOKS_LIKE_A_HEAD) in await head(reader)
        assert await reader.readexactly(len(LOOKS_LIKE_A_HEAD)) == LOOKS_LIKE_A_HEAD


async def test_pieces_are_announced_in_that_spelling(connection):
    reader, writer = connection
    writer.write(b"GET /pieces HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in await head(reader)
    size = b"%x\r\n" % len(LOOKS_LIKE_A_HEAD)
    assert await reader.readexactly(len(size)) == size
    assert await reader.readexactly(len(LOOKS_LIKE_A_HEAD)) == LOOKS_LIKE_A_HEAD


async def test_a_body_that_waits_to_be_asked_for_is_no_exception(connection):
    reader, writer = connection
    writer.write(b"POST /whole HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n")
    writer.write(b"Expect: 100-continue\r\n\r\n")
    assert await head(reader) == [b"HTTP/1.1 100 Continue"]
    writer.write(b"ab")
    assert b"Content-Length: %d" % (len(LOOKS_LIKE_A_HEAD) + 2) in await head(reader)
