"""What a datagram holds: RMCP, a session header, a payload; unprotected here (sections 13.1.3, 13.6)."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bessemer_ipmi.malformed import Malformed

RMCP: Final = b"\x06\x00\xff\x07"
"""Version 1.0, reserved, no acknowledgement wanted, class IPMI (table 13-1)."""
_NO_AUTHENTICATION: Final = 0x00
_RMCP_PLUS: Final = 0x06
_V1_HEADER: Final = struct.Struct("<4sBIIB")
_V2_HEADER: Final = struct.Struct("<4sBBIIH")
V2_HEADER_OCTETS: Final = _V2_HEADER.size

ENCRYPTED: Final = 0x80
AUTHENTICATED: Final = 0x40
_TYPE: Final = 0x3F


class Payload(IntEnum):
    """Payload types of RMCP+ (section 13.27.3)."""

    IPMI = 0x00
    SOL = 0x01
    OPEN_SESSION_REQUEST = 0x10
    OPEN_SESSION_RESPONSE = 0x11
    RAKP_1 = 0x12
    RAKP_2 = 0x13
    RAKP_3 = 0x14
    RAKP_4 = 0x15


@dataclass(frozen=True, slots=True)
class Outside:
    """A packet of IPMI 1.5 without authentication: what is asked before any session."""

    message: bytes

    def encode(self) -> bytes:
        """The datagram."""
        length = len(self.message)
        return _V1_HEADER.pack(RMCP, _NO_AUTHENTICATION, 0, 0, length) + self.message


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of RMCP+: of no session while `session` is 0. `flags`: encrypted, authenticated."""

    kind: int
    payload: bytes
    session: int = 0
    sequence: int = 0
    flags: int = 0

    def encode(self) -> bytes:
        """The datagram, with neither integrity trailer nor encryption."""
        return header(self.kind, self.session, self.sequence, len(self.payload)) + self.payload


def header(kind: int, session: int, sequence: int, length: int) -> bytes:
    """RMCP and session header of RMCP+; `kind` holds the flags too."""
    return _V2_HEADER.pack(RMCP, _RMCP_PLUS, kind, session, sequence, length)


def decode(datagram: bytes) -> Outside | Packet:
    """Read the headers. Raises Malformed; an integrity trailer is not looked at."""
    if len(datagram) < _V1_HEADER.size or datagram[:1] != RMCP[:1] or datagram[3] & 0x1F != 0x07:
        raise Malformed("the datagram is no IPMI")
    if datagram[4] == _NO_AUTHENTICATION:
        *_, length = _V1_HEADER.unpack_from(datagram)
        return Outside(_exactly(datagram, _V1_HEADER.size, length))
    if datagram[4] != _RMCP_PLUS or len(datagram) < _V2_HEADER.size:
        raise Malformed(f"authentication type {datagram[4]} is not spoken here")
    _, _, kind, session, sequence, length = _V2_HEADER.unpack_from(datagram)
    payload = _exactly(datagram, _V2_HEADER.size, length)
    return Packet(kind & _TYPE, payload, session, sequence, kind & ~_TYPE & 0xFF)


def _exactly(datagram: bytes, at: int, length: int) -> bytes:
    if len(datagram) < at + length:
        raise Malformed("the datagram is cut off")
    return bytes(datagram[at : at + length])
