"""Commands about sessions and the controller itself (sections 20.1, 22.13, 22.15, 22.18, 22.19)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from bessemer_ipmi.cipher_suites import SUITES
from bessemer_ipmi.malformed import Malformed
from bessemer_ipmi.messages import Request

APPLICATION: Final = 0x06
GET_DEVICE_ID: Final = 0x01
GET_SYSTEM_GUID: Final = 0x37
GET_AUTHENTICATION_CAPABILITIES: Final = 0x38
SET_PRIVILEGE: Final = 0x3B
CLOSE_SESSION: Final = 0x3C
GET_CIPHER_SUITES: Final = 0x54

PRIVILEGE_EXCEEDS_LIMIT: Final = 0x81
"""Of Set Session Privilege Level; 0x80: not to be had at all."""
NO_SUCH_SESSION: Final = 0x87
"""Of Close Session."""

_CHANNEL: Final = 1
_THIS_CHANNEL: Final = 0x0E
_VERSION_2: Final = 0x80
_SPEAKS_RMCP_PLUS: Final = 0x02
_RECORDS_AT_ONCE: Final = 16


def get_device_id() -> Request:
    """Answered by a DeviceId."""
    return Request(APPLICATION, GET_DEVICE_ID)


def set_privilege(level: int) -> Request:
    """A session begins with the rights of a user (level 2)."""
    return Request(APPLICATION, SET_PRIVILEGE, bytes((level,)))


def close_session(bmc_session: int) -> Request:
    """The last request of a session."""
    return Request(APPLICATION, CLOSE_SESSION, bmc_session.to_bytes(4, "little"))


def get_authentication_capabilities(privilege: int, sequence: int) -> Request:
    """The first question, outside sessions, with IPMI 2.0's extended data asked for."""
    data = bytes((_VERSION_2 | _THIS_CHANNEL, privilege))
    return Request(APPLICATION, GET_AUTHENTICATION_CAPABILITIES, data, sequence)


def speaks_rmcp_plus(data: bytes) -> bool:
    """Of the answer."""
    extended = len(data) > 3 and bool(data[1] & _VERSION_2)
    return extended and bool(data[3] & _SPEAKS_RMCP_PLUS)


def authentication_capabilities(*, has_kg: bool) -> bytes:
    """Data of the answer: RMCP+ only, named users only (table 22-15)."""
    return bytes((_CHANNEL, 0x80, 0x04 | (0x20 if has_kg else 0), 0x02, 0, 0, 0, 0))


def cipher_suite_records(numbers: Iterable[int], asked: bytes) -> bytes:
    """Data of the answer: the channel and up to 16 octets of records, from the index asked for."""
    known = [SUITES[number] for number in numbers]
    records = b"".join(
        bytes((0xC0, each.number, each.authentication, 0x40 | each.integrity))
        + bytes((0x80 | each.confidentiality,))
        for each in known
    )
    at = (asked[2] & 0x3F if len(asked) > 2 else 0) * _RECORDS_AT_ONCE
    return bytes((_CHANNEL,)) + records[at : at + _RECORDS_AT_ONCE]


@dataclass(frozen=True, slots=True)
class DeviceId:
    """What is used of it: the maker's IANA enterprise number, and its number for the product."""

    manufacturer: int
    product: int

    def encode(self) -> bytes:
        """Device 1, revision 1, firmware 1.00, IPMI 2.0; chassis, SDR repository and sensors."""
        head = bytes((0x01, 0x81, 0x01, 0x00, 0x02, 0x83))
        return head + self.manufacturer.to_bytes(3, "little") + self.product.to_bytes(2, "little")

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Raises Malformed."""
        if len(data) < 11:
            raise Malformed("a device id is cut off")
        manufacturer = int.from_bytes(data[6:9], "little") & 0x0F_FFFF
        return cls(manufacturer, int.from_bytes(data[9:11], "little"))
