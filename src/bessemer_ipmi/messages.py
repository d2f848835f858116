"""IPMI messages as a LAN carries them: requests and responses with their checksums (section 13.8)."""

from dataclasses import dataclass
from typing import Final, Self

from bessemer_ipmi.checksum import checksum
from bessemer_ipmi.malformed import Malformed

BMC_ADDRESS: Final = 0x20
CONSOLE_ADDRESS: Final = 0x81
"""Software id 40h, shifted and marked (section 5.5): the first of remote consoles."""
SEQUENCES: Final = 64

_OVERHEAD: Final = 7
_LUN: Final = 0x03


@dataclass(frozen=True, slots=True)
class Request:
    """A command to a controller's LUN 0. `sequence` (0 to 63) tells its answer from others."""

    net_fn: int
    command: int
    data: bytes = b""
    sequence: int = 0

    def encode(self) -> bytes:
        """Addresses, network function, command, data; two checksums."""
        head = bytes((BMC_ADDRESS, self.net_fn << 2))
        body = bytes((CONSOLE_ADDRESS, self.sequence << 2, self.command)) + self.data
        return head + bytes((checksum(head),)) + body + bytes((checksum(body),))

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Raises Malformed."""
        _check(octets, _OVERHEAD)
        return cls(octets[1] >> 2, octets[5], bytes(octets[6:-1]), octets[4] >> 2)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; `code` is its completion code (section 5.2), 0 when all is well."""

    net_fn: int
    command: int
    code: int
    data: bytes = b""
    sequence: int = 0

    def encode(self) -> bytes:
        """As a request's, with the completion code before the data."""
        head = bytes((CONSOLE_ADDRESS, self.net_fn << 2))
        body = bytes((BMC_ADDRESS, self.sequence << 2, self.command, self.code)) + self.data
        return head + bytes((checksum(head),)) + body + bytes((checksum(body),))

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Raises Malformed."""
        _check(octets, _OVERHEAD + 1)
        return cls(octets[1] >> 2, octets[5], octets[6], bytes(octets[7:-1]), octets[4] >> 2)

    def answers(self, request: Request) -> bool:
        """Whether it is the answer to that request."""
        mine = (request.net_fn | 1, request.command, request.sequence)
        return (self.net_fn, self.command, self.sequence) == mine


def answer(request: Request, code: int, data: bytes = b"") -> Response:
    """The response to a request."""
    return Response(request.net_fn | 1, request.command, code, data, request.sequence)


def _check(octets: bytes, least: int) -> None:
    if len(octets) < least:
        raise Malformed(f"a message of {len(octets)} octets is too short")
    if sum(octets[:3]) & 0xFF or sum(octets[3:]) & 0xFF:
        raise Malformed("a checksum is wrong")
