"""The out-of-band network of a fleet: every BMC on its own loopback address, behind a few UDP sockets."""

import asyncio
import random
import socket
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bessemer_lab.errors import LabError
from bessemer_lab.fleet.loopback import FIRST_ADDRESS, bind_to_loopback

SOCKETS: Final = 4
_BUFFER_OCTETS: Final = 4 << 20
_AT_ONCE: Final = 64
_LONGEST: Final = 2048
_PACKET_INFO: Final = struct.Struct("=I4s4s")
"""ip(7), IP_PKTINFO: interface, our address, the datagram's destination."""
_IP_PKTINFO: Final = 8
_ANCILLARY: Final = socket.CMSG_SPACE(_PACKET_INFO.size)

Receiver = Callable[[bytes, float], bytes | None]
"""A datagram and the time, to the datagram to answer with."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """How good the network is: seconds before an answer, shares of datagrams lost and doubled."""

    latency_s: float = 0.0
    loss: float = 0.0
    duplicates: float = 0.0


@dataclass(frozen=True, slots=True)
class _Datagram:
    """One that came in: by which socket, to whom, for which address, from where."""

    opened: socket.socket
    receiver: Receiver
    data: bytes
    address: bytes
    sender: tuple[str, int]


class Lan:
    """Tells BMCs apart by the address that a datagram was sent to.

    Sockets share one port, so that the kernel spreads BMCs over their buffers (SO_REUSEPORT).
    """

    def __init__(
        self, receivers: Mapping[bytes, Receiver], port: int, conditions: Conditions
    ) -> None:
        self._receivers = receivers
        self.port = port
        self.conditions = conditions
        self._loop = asyncio.get_running_loop()
        self._chance = random.Random()
        self._sockets: list[socket.socket] = []

    def open(self) -> None:
        """Answer from now on. Raises LabError; port 0 takes a free one."""
        try:
            _check_free(self.port)
            for _ in range(SOCKETS):
                opened = _socket(self.port)
                self.port = opened.getsockname()[1]
                self._sockets.append(opened)
                self._loop.add_reader(opened, self._read, opened)
        except OSError as error:
            self.close()
            raise LabError(f"the BMCs cannot listen on UDP port {self.port}: {error}") from error

    def close(self) -> None:
        """Silence."""
        for opened in self._sockets:
            self._loop.remove_reader(opened)
            opened.close()
        self._sockets.clear()

    def _read(self, opened: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                data, ancillary, _, sender = opened.recvmsg(_LONGEST, _ANCILLARY)
            except (BlockingIOError, InterruptedError):
                return
            address = _PACKET_INFO.unpack(ancillary[0][2][: _PACKET_INFO.size])[2]
            receiver = self._receivers.get(address)
            if receiver is not None and not self._strikes(self.conditions.loss):
                self._deliver(_Datagram(opened, receiver, data, address, sender))

    def _deliver(self, datagram: _Datagram) -> None:
        for _ in range(self._copies()):
            if self.conditions.latency_s:
                self._loop.call_later(self.conditions.latency_s, self._answer, datagram)
            else:
                self._answer(datagram)

    def _answer(self, asked: _Datagram) -> None:
        answer = asked.receiver(asked.data, self._loop.time())
        if answer is None or self._strikes(self.conditions.loss) or asked.opened.fileno() < 0:
            return
        info = _PACKET_INFO.pack(0, asked.address, asked.address)
        ancillary = [(socket.IPPROTO_IP, _IP_PKTINFO, info)]
        for _ in range(self._copies()):
            # A full buffer loses it, as a full network would.
            with suppress(BlockingIOError):
                asked.opened.sendmsg([answer], ancillary, 0, asked.sender)

    def _copies(self) -> int:
        return 2 if self._strikes(self.conditions.duplicates) else 1

    def _strikes(self, share: float) -> bool:
        return share > 0 and self._chance.random() < share


def _check_free(port: int) -> None:
    """Two fleets on one port would take each other's datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((str(FIRST_ADDRESS), port))


def _socket(port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_OCTETS)
    opened.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
    bind_to_loopback(opened, port)
    return opened
