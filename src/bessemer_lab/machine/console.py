"""A machine's serial console: one serial port shared by any number of listeners and clients."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

LOG = logging.getLogger(__name__)
CHUNK: Final = 65536
MOST_UNREAD: Final = 1 << 20
"""A client that leaves this many bytes unread is let go."""

# iPXE waits two seconds for Ctrl-B at this prompt, unless any other key is pressed.
IPXE_PROMPT: Final = b"Press Ctrl-B for the iPXE command line..."
ANY_OTHER_KEY: Final = b" "

Listener = Callable[[bytes], None]


class Console:
    """Passes bytes between the serial port of the running machine and those who attended."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self._clients: set[asyncio.StreamWriter] = set()
        self._port: asyncio.StreamWriter | None = None
        self._tail = b""

    async def listen(self, path: Path) -> asyncio.Server:
        """Serve clients at the unix socket `path`, until the server returned is closed."""
        path.unlink(missing_ok=True)
        return await asyncio.start_unix_server(self._serve, path)

    async def attach(self, serial: socket.socket) -> None:
        """Carry the serial port's output to all, until the machine is switched off."""
        reader, writer = await asyncio.open_unix_connection(sock=serial)
        self._port, self._tail = writer, b""
        try:
            while data := await reader.read(CHUNK):
                self._said(data)
        except ConnectionError:
            LOG.info("the serial port went away")
        finally:
            self._port = None
            writer.close()

    def type(self, data: bytes) -> None:
        """Send `data` to the machine, as if typed; lost when it is off."""
        if self._port is not None:
            self._port.write(data)

    def _said(self, data: bytes) -> None:
        for listener in tuple(self.listeners):
            listener(data)
        for client in tuple(self._clients):
            self._pass_on(client, data)
        self._skip_prompt(data)

    def _pass_on(self, client: asyncio.StreamWriter, data: bytes) -> None:
        if client.transport.get_write_buffer_size() > MOST_UNREAD:
            self._clients.discard(client)
            client.transport.abort()
        else:
            client.write(data)

    def _skip_prompt(self, data: bytes) -> None:
        seen = self._tail + data
        found = seen.find(IPXE_PROMPT)
        if found >= 0:
            self.type(ANY_OTHER_KEY)
            seen = seen[found + len(IPXE_PROMPT) :]
        self._tail = seen[-len(IPXE_PROMPT) + 1 :]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while data := await reader.read(CHUNK):
                self.type(data)
        except ConnectionError:
            LOG.info("a console client went away")
        finally:
            self._clients.discard(writer)
            with contextlib.suppress(ConnectionError):
                writer.close()
