"""One file on its way to one client: windows of blocks, sent again until they are acknowledged."""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from bessemer.network.tftp import packets
from bessemer.network.tftp.packets import Terms

WAITS: Final = (1, 1, 2, 4, 8)
"""In timeouts of the client: how long each sending of a window is waited for before the next."""

_LARGEST_DATAGRAM: Final = 1024
"""Of a client in the middle of a transfer: an acknowledgement or an error."""


class ClientGone(Exception):
    """It gave up, or has been silent for too long."""


class Source:
    """A file, as pieces of any size; `size` in bytes is None when nobody knows it."""

    def __init__(self, pieces: AsyncIterator[bytes], size: int | None) -> None:
        self._pieces = pieces
        self._kept = bytearray()
        self.size = size

    async def read(self, count: int) -> bytes:
        """So many bytes; fewer only at the end."""
        while len(self._kept) < count and (piece := await anext(self._pieces, b"")):
            self._kept += piece
        block = bytes(self._kept[:count])
        del self._kept[:count]
        return block


class Transfer:
    """Over a socket that is connected to its client, so that nobody else's datagrams come in."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self.is_heard = False
        """Whether the client has said anything since its request."""

    async def send(self, source: Source, terms: Terms) -> None:
        """Return when the client has everything. Raises ClientGone."""
        coming = _packets(source, terms)
        number = 0 if terms.accepted else 1
        window: deque[bytes] = deque()
        more = True
        while True:
            wanted = terms.window if number else 1  # the accepted options go alone
            while more and len(window) < wanted:
                packet = await anext(coming, None)
                more = packet is not None
                if packet is not None:
                    window.append(packet)
            if not window:
                return
            confirmed = await self._exchange(window, number, terms)
            for _ in range(confirmed):
                window.popleft()
            number += confirmed

    async def _exchange(self, window: deque[bytes], number: int, terms: Terms) -> int:
        """How many packets of the window the client has. Raises ClientGone."""
        for timeouts in WAITS:
            for packet in window:
                self._say(packet)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeouts * terms.timeout_s):
                    return await self._hear(number, len(window))
        raise ClientGone("it is silent")

    async def _hear(self, number: int, count: int) -> int:
        """At the end of a window, or where the client misses a packet.

        An acknowledgement of what went before is passed over when packets go one by one: answered,
        every packet that comes twice would double all that follow ("sorcerer's apprentice").
        """
        loop = asyncio.get_running_loop()
        while True:
            try:
                datagram = await loop.sock_recv(self._link, _LARGEST_DATAGRAM)
            except OSError as error:  # its port is closed
                raise ClientGone(str(error)) from error
            if packets.is_error(datagram):
                raise ClientGone("it wants no more")
            confirmed = packets.acknowledged(datagram, number, count)
            self.is_heard = True
            if confirmed or (confirmed == 0 and count > 1):
                return confirmed

    def _say(self, packet: bytes) -> None:
        """What cannot be sent now is lost like any datagram, and sent again."""
        try:
            self._link.send(packet)
        except BlockingIOError:
            pass
        except OSError as error:
            raise ClientGone(str(error)) from error


async def _packets(source: Source, terms: Terms) -> AsyncIterator[bytes]:
    """A block that is not full is the last one, be it empty."""
    if terms.accepted:
        yield packets.options_ack(terms.accepted)
    number, block = 0, None
    while block is None or len(block) == terms.block_size:
        block = await source.read(terms.block_size)
        number += 1
        yield packets.data(number, block)
