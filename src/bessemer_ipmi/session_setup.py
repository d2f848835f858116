"""The six messages that open a session: RMCP+ Open Session and RAKP 1 to 4 (sections 13.17 to 13.24)."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from bessemer_ipmi.cipher_suites import CipherSuite
from bessemer_ipmi.malformed import Malformed

NAME_ONLY_LOOKUP: Final = 0x10
"""Bit of the role octet in RAKP 1: find the account by its name, not by name and privilege."""
RANDOM_OCTETS: Final = 16
NAME_OCTETS: Final = 16
_ALGORITHM: Final = struct.Struct("<BxxBBxxx")
_REFUSAL_OCTETS: Final = 8


class Status(IntEnum):
    """RMCP+ and RAKP message status codes (section 13.24, table 13-15)."""

    OK = 0x00
    INSUFFICIENT_RESOURCES = 0x01
    INVALID_SESSION_ID = 0x02
    INVALID_PAYLOAD_TYPE = 0x03
    INVALID_AUTHENTICATION = 0x04
    INVALID_INTEGRITY = 0x05
    NO_MATCHING_AUTHENTICATION = 0x06
    NO_MATCHING_INTEGRITY = 0x07
    INACTIVE_SESSION_ID = 0x08
    INVALID_ROLE = 0x09
    UNAUTHORIZED_ROLE = 0x0A
    NO_RESOURCES_FOR_ROLE = 0x0B
    INVALID_NAME_LENGTH = 0x0C
    UNAUTHORIZED_NAME = 0x0D
    UNAUTHORIZED_GUID = 0x0E
    INVALID_CHECK_VALUE = 0x0F
    INVALID_CONFIDENTIALITY = 0x10
    NO_MATCHING_SUITE = 0x11
    ILLEGAL_PARAMETER = 0x12


@dataclass(frozen=True, slots=True)
class OpenSessionRequest:
    """`privilege` 0: the highest that the suite and the account allow."""

    tag: int
    privilege: int
    console_session: bytes
    algorithms: tuple[int, int, int]

    def encode(self) -> bytes:
        """32 octets."""
        head = bytes((self.tag, self.privilege, 0, 0)) + self.console_session
        return head + _encode_algorithms(self.algorithms)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Raises Malformed."""
        _at_least(octets, 32, "an Open Session Request")
        return cls(octets[0], octets[1], bytes(octets[4:8]), _decode_algorithms(octets[8:]))


@dataclass(frozen=True, slots=True)
class OpenSessionResponse:
    """A refusal ends after `console_session`."""

    tag: int
    status: int
    privilege: int
    console_session: bytes
    bmc_session: bytes = b""
    algorithms: tuple[int, int, int] = (0, 0, 0)

    def encode(self) -> bytes:
        """36 octets, or 8 of a refusal."""
        head = bytes((self.tag, self.status, self.privilege, 0)) + self.console_session
        if self.status:
            return head
        return head + self.bmc_session + _encode_algorithms(self.algorithms)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Raises Malformed."""
        what = "an Open Session Response"
        _at_least(octets, _REFUSAL_OCTETS, what)
        head = octets[0], octets[1], octets[2], bytes(octets[4:8])
        if octets[1]:
            return cls(*head)
        _at_least(octets, 36, what)
        return cls(*head, bytes(octets[8:12]), _decode_algorithms(octets[12:]))


@dataclass(frozen=True, slots=True)
class Rakp1:
    """The remote console's random number, and who wants which privilege."""

    tag: int
    bmc_session: bytes
    console_random: bytes
    role: int
    username: bytes

    def encode(self) -> bytes:
        """28 octets and the name."""
        head = bytes((self.tag, 0, 0, 0)) + self.bmc_session + self.console_random
        return head + bytes((self.role, 0, 0, len(self.username))) + self.username

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Raises Malformed."""
        _at_least(octets, 28, "a RAKP message 1")
        length = octets[27]
        if length > NAME_OCTETS or len(octets) < 28 + length:
            raise Malformed(f"a RAKP message 1 claims a name of {length} octets")
        name = bytes(octets[28 : 28 + length])
        return cls(octets[0], bytes(octets[4:8]), bytes(octets[8:24]), octets[24], name)


@dataclass(frozen=True, slots=True)
class Rakp2:
    """The BMC's random number and GUID, and its proof; a refusal ends after `console_session`."""

    tag: int
    status: int
    console_session: bytes
    bmc_random: bytes = b""
    bmc_guid: bytes = b""
    code: bytes = b""

    def encode(self) -> bytes:
        """40 octets and the code, or 8 of a refusal."""
        head = bytes((self.tag, self.status, 0, 0)) + self.console_session
        return head + self.bmc_random + self.bmc_guid + self.code

    @classmethod
    def decode(cls, octets: bytes, suite: CipherSuite) -> Self:
        """Raises Malformed."""
        _at_least(octets, _REFUSAL_OCTETS, "a RAKP message 2")
        head = octets[0], octets[1], bytes(octets[4:8])
        if octets[1]:
            return cls(*head)
        _at_least(octets, 40 + suite.digest_octets, "a RAKP message 2")
        code = bytes(octets[40 : 40 + suite.digest_octets])
        return cls(*head, bytes(octets[8:24]), bytes(octets[24:40]), code)


@dataclass(frozen=True, slots=True)
class Rakp3:
    """The remote console's proof, or why it gives up."""

    tag: int
    status: int
    bmc_session: bytes
    code: bytes = b""

    def encode(self) -> bytes:
        """8 octets and the code."""
        return bytes((self.tag, self.status, 0, 0)) + self.bmc_session + self.code

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Raises Malformed."""
        _at_least(octets, _REFUSAL_OCTETS, "a RAKP message 3")
        return cls(octets[0], octets[1], bytes(octets[4:8]), bytes(octets[8:]))


@dataclass(frozen=True, slots=True)
class Rakp4:
    """The BMC's check value over the session's keys, or a refusal."""

    tag: int
    status: int
    console_session: bytes
    code: bytes = b""

    def encode(self) -> bytes:
        """8 octets and the code."""
        return bytes((self.tag, self.status, 0, 0)) + self.console_session + self.code

    @classmethod
    def decode(cls, octets: bytes, suite: CipherSuite) -> Self:
        """Raises Malformed."""
        _at_least(octets, _REFUSAL_OCTETS, "a RAKP message 4")
        head = octets[0], octets[1], bytes(octets[4:8])
        if octets[1]:
            return cls(*head)
        _at_least(octets, _REFUSAL_OCTETS + suite.check_octets, "a RAKP message 4")
        return cls(*head, bytes(octets[8 : 8 + suite.check_octets]))


def _encode_algorithms(algorithms: tuple[int, int, int]) -> bytes:
    """Table 13-9: three payloads of 8 octets, kinds 0 to 2."""
    return b"".join(_ALGORITHM.pack(kind, 8, code) for kind, code in enumerate(algorithms))


def _decode_algorithms(octets: bytes) -> tuple[int, int, int]:
    codes = tuple(_ALGORITHM.unpack_from(octets, at)[2] & 0x3F for at in (0, 8, 16))
    return codes[0], codes[1], codes[2]


def _at_least(octets: bytes, count: int, what: str) -> None:
    if len(octets) < count:
        raise Malformed(f"{len(octets)} octets are too short for {what}")
