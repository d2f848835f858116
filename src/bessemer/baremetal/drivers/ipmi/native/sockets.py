"""The UDP sockets that all BMCs share: what comes in is told apart by its session, else its sender."""

import asyncio
import secrets
import socket
import zlib
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bessemer_ipmi.console import is_for
from bessemer_ipmi.malformed import Malformed
from bessemer_ipmi.packets import Outside, Packet

SOCKETS: Final = 4
"""For each of IPv4 and IPv6: each has a buffer of its own for what comes in at once."""
_BUFFER_OCTETS: Final = 4 << 20
_LONGEST: Final = 2048
_AT_ONCE: Final = 64
_NUMBERS: Final = 1 << 32

SocketAddress = tuple[Any, ...]


class Listener(Protocol):
    """Who is told of what comes in."""

    def receive(self, packet: Outside | Packet, datagram: bytes, sender: SocketAddress) -> None:
        """A packet, the datagram that it was in, and where that came from."""

    def misunderstood(self, why: str) -> None:
        """Something came that is no IPMI."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One BMC, resolved."""

    family: int
    address: SocketAddress

    @property
    def sender(self) -> SocketAddress:
        """What its datagrams are recognised by."""
        return self.address[:2]


class Sockets:
    """Opened when first needed, in the loop that runs then; `close` them."""

    def __init__(self) -> None:
        self._opened: dict[int, list[socket.socket]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._inside: dict[int, Listener] = {}
        self._outside: dict[SocketAddress, Listener] = {}
        self._next = secrets.randbelow(_NUMBERS)

    def expect(self, listener: Listener) -> int:
        """A new session number; packets that bear it are handed over until `forget`."""
        while not self._next or self._next in self._inside:
            self._next = (self._next + 1) % _NUMBERS
        number = self._next
        self._next = (number + 1) % _NUMBERS
        self._inside[number] = listener
        return number

    def forget(self, number: int) -> None:
        """The session is over."""
        self._inside.pop(number, None)

    def listen(self, endpoint: Endpoint, listener: Listener) -> None:
        """Hand over what comes from there outside of sessions."""
        self._outside[endpoint.sender] = listener

    def send(self, datagram: bytes, to: Endpoint) -> None:
        """Raises OSError; a full buffer loses the datagram, as the network may."""
        group = self._opened.get(to.family) or self._open(to.family)
        host = str(to.address[0]).encode()
        try:
            group[zlib.crc32(host) % SOCKETS].sendto(datagram, to.address)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Nothing is heard any more."""
        for group in self._opened.values():
            for opened in group:
                if self._loop is not None and not self._loop.is_closed():
                    self._loop.remove_reader(opened)
                opened.close()
        self._opened.clear()

    def _open(self, family: int) -> list[socket.socket]:
        self._loop = asyncio.get_running_loop()
        group = self._opened[family] = []
        for _ in range(SOCKETS):
            opened = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            group.append(opened)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_OCTETS)
            opened.bind(("", 0))
            self._loop.add_reader(opened, self._read, opened)
        return group

    def _read(self, opened: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                datagram, sender = opened.recvfrom(_LONGEST)
            except OSError:  # nothing more for now
                return
            self._hand_over(datagram, sender)

    def _hand_over(self, datagram: bytes, sender: SocketAddress) -> None:
        outside = self._outside.get(sender[:2])
        try:
            packet, number = is_for(datagram)
        except Malformed as error:
            if outside is not None:
                outside.misunderstood(str(error))
            return
        listener = outside if number is None else self._inside.get(number)
        if listener is not None:
            listener.receive(packet, datagram, sender)
