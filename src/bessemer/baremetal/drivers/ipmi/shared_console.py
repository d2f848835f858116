"""One TCP port, one serial line: everybody connected sees what the machine says and may type.

The line is opened for the first who comes and closed after the last who goes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import structlog

from bessemer.errors import BessemerError

MOST_CLIENTS: Final = 8
MOST_UNREAD: Final = 1 << 20
"""Bytes that a client may be behind the machine before it is cut off."""

_PIECE: Final = 1 << 12
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0

log = structlog.get_logger()


class Line(Protocol):
    """A machine's serial line."""

    async def read(self) -> bytes: ...
    def write(self, typed: bytes, /) -> None: ...
    async def close(self) -> None: ...


OpenLine = Callable[[], Awaitable[Line]]


class SharedConsole:
    """Listens from `listen` until `close`."""

    def __init__(self, open_line: OpenLine) -> None:
        self._open_line = open_line
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._line: Line | None = None
        self._relay: asyncio.Task[None] | None = None
        self._one_session = asyncio.Lock()

    async def listen(self, address: str, port: int) -> None:
        """Raises OSError when the port cannot be had."""
        self._server = await asyncio.start_server(self._serve, address, port)

    async def close(self) -> None:
        """Nobody is connected, and nothing listens any more."""
        if self._server is not None:
            self._server.close()
        self._drop_everybody()
        await self._stop_relay()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= MOST_CLIENTS:
            writer.write(_note(f"{MOST_CLIENTS} are connected already; try again later"))
            writer.close()
            return
        self._clients.add(writer)
        if self._relay is None or self._relay.done():
            self._relay = asyncio.create_task(self._run())
        try:
            while typed := await reader.read(_PIECE):
                if self._line is not None:
                    self._line.write(typed)
        except OSError:
            pass  # a client that vanished has left all the same
        finally:
            self._clients.discard(writer)
            writer.close()
            if not self._clients:
                await self._stop_relay()

    async def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                pause_s = _FIRST_PAUSE_S if await self._carry() else pause_s
            except BessemerError as error:
                log.warning("console.broken", why=error.message)
                self._say(_note(error.message))
                self._drop_everybody()
                return
            self._say(_note(f"the line has ended; it is opened again in {pause_s:g} s"))
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _carry(self) -> bool:
        """One session, to its end; whether anything was said in it."""
        spoke = False
        async with self._one_session:
            self._line = line = await self._open_line()
            try:
                while said := await line.read():
                    spoke = True
                    self._say(said)
            finally:
                self._line = None
                await line.close()
        return spoke

    def _say(self, words: bytes) -> None:
        for client in tuple(self._clients):
            client.write(words)
            if client.transport.get_write_buffer_size() > MOST_UNREAD:
                client.transport.abort()

    def _drop_everybody(self) -> None:
        for client in tuple(self._clients):
            client.close()

    async def _stop_relay(self) -> None:
        relay, self._relay = self._relay, None
        if relay is not None and relay is not asyncio.current_task():
            relay.cancel()
            await asyncio.gather(relay, return_exceptions=True)


def _note(words: str) -> bytes:
    return f"\r\n[console: {words}]\r\n".encode()
