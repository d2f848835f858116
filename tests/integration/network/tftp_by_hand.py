"""A TFTP client for tests that says exactly what a test wants it to say, and hears everything."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 20
"""More than the longest pause between two sendings of one block."""


class ByHand:
    """`server` is where requests go; what follows goes where the last answer came from."""

    def __init__(self, link: socket.socket, server: tuple[str, int]) -> None:
        self._link = link
        self._server = self.peer = server

    def request(self, name: str, *options: str) -> None:
        """Ask to read; the options as names and values in turn."""
        words = "\0".join((name, "octet", *options, ""))
        self._link.sendto(b"\0\1" + words.encode(), self._server)

    def acknowledge(self, number: int) -> None:
        """A block, or (0) accepted options."""
        self.say(b"\0\4" + (number % 65536).to_bytes(2, "big"))

    def say(self, datagram: bytes) -> None:
        """To the last one that answered."""
        self._link.sendto(datagram, self.peer)

    async def hear(self, within_s: float = PATIENCE_S) -> bytes:
        """The next datagram. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(within_s):
            datagram, self.peer = await loop.sock_recvfrom(self._link, 1 << 16)
        return datagram

    async def ask(self, name: str, *options: str) -> bytes:
        """The first answer to a request."""
        self.request(name, *options)
        return await self.hear()


@contextmanager
def by_hand(server: tuple[str, int], own: str = "127.0.0.1") -> Iterator[ByHand]:
    """A client with a port of its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as link:
        link.bind((own, 0))
        yield ByHand(link, server)
