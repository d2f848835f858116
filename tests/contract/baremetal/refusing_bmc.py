"""A BMC that refuses sessions with any RMCP+ status (IPMI 2.0, section 13.24), and one that is silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

_OPEN_SESSION_REQUEST: Final = 0x10
_RAKP_1: Final = 0x12
_HEADER: Final = b"\x06\x00\xff\x07"
_AUTH_CAPABILITIES: Final = bytes([0x01, 0x80, 0x04, 0x02, 0, 0, 0, 0])
_NO_SEQUENCE: Final = bytes(8)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which message of the session's opening is refused, and with which status byte."""

    at_open: int = 0
    at_rakp_1: int = 0


INSUFFICIENT_RESOURCES: Final = Refusal(at_open=0x01)
NO_CIPHER_SUITE_MATCH: Final = Refusal(at_open=0x11)
NO_SUCH_ROLE: Final = Refusal(at_rakp_1=0x0A)
UNKNOWN_NAME: Final = Refusal(at_rakp_1=0x0D)


@dataclass
class RefusingBmc(asyncio.DatagramProtocol):
    """Answers as far as `refusal` lets it; silent altogether when there is none."""

    refusal: Refusal | None
    requests: list[bytes] = field(default_factory=list)
    ciphers_proposed: list[int] = field(default_factory=list)
    """The authentication algorithm of each session asked for: 1 in suite 3, 3 in suite 17."""
    console: bytes = b""
    """The remote console's number for its session."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.requests.append(data)
        answer = self._answer(data) if self.refusal else None
        if answer is not None:
            self.transport.sendto(answer, addr)  # type: ignore[attr-defined]

    def _answer(self, data: bytes) -> bytes | None:
        assert self.refusal is not None
        if data[4] != 6:
            return _auth_capabilities(data)
        tag, session = data[16], data[20:24]
        if data[5] == _OPEN_SESSION_REQUEST:
            self.ciphers_proposed.append(data[28])
            self.console, algorithms = session, data[24:48]
            status = self.refusal.at_open
            body = b"" if status else b"\x01\x00\x00\x00" + algorithms
            return _rmcp_plus(0x11, bytes([tag, status, 4, 0]) + session + body)
        if data[5] == _RAKP_1:
            return _rmcp_plus(0x13, bytes([tag, self.refusal.at_rakp_1, 0, 0]) + self.console)
        return None


@asynccontextmanager
async def bmc_on_loopback(refusal: Refusal | None) -> AsyncIterator[tuple[int, RefusingBmc]]:
    """Its UDP port on 127.0.0.1, and the BMC."""
    loop = asyncio.get_running_loop()
    transport, bmc = await loop.create_datagram_endpoint(
        lambda: RefusingBmc(refusal), local_addr=("127.0.0.1", 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1], bmc
    finally:
        transport.close()


def _auth_capabilities(request: bytes) -> bytes:
    ipmi = request[14:]
    head = bytes([ipmi[3], 0x1C | (ipmi[4] & 3)])
    body = bytes([ipmi[0], ipmi[4] & 0xFC, 0x38, 0x00]) + _AUTH_CAPABILITIES
    message = head + _checksum(head) + body + _checksum(body)
    return _HEADER + b"\x00" + _NO_SEQUENCE + bytes([len(message)]) + message


def _rmcp_plus(payload_type: int, payload: bytes) -> bytes:
    length = len(payload).to_bytes(2, "little")
    return _HEADER + bytes([6, payload_type]) + _NO_SEQUENCE + length + payload


def _checksum(data: bytes) -> bytes:
    return bytes([-sum(data) & 0xFF])
