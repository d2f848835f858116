"""Chassis commands: power, and what to boot from (sections 28.2, 28.3, 28.12, 28.13; table 28-14)."""

from enum import IntEnum
from typing import Final

from bessemer_ipmi.malformed import Malformed
from bessemer_ipmi.messages import Request

CHASSIS: Final = 0x00
GET_STATUS: Final = 0x01
CONTROL: Final = 0x02
SET_BOOT_OPTION: Final = 0x08
GET_BOOT_OPTION: Final = 0x09

KEEP_BOOT_FLAGS: Final = 0x08
"""In parameter 3: also when no boot follows within 60 s."""
BOOT_FLAGS_OCTETS: Final = 5
_POWER_IS_ON: Final = 0x01
_PARAMETER: Final = 0x7F
_INVALID: Final = 0x80


class Control(IntEnum):
    """What Chassis Control orders (section 28.3)."""

    POWER_DOWN = 0
    POWER_UP = 1
    POWER_CYCLE = 2
    HARD_RESET = 3
    DIAGNOSTIC_INTERRUPT = 4
    SOFT_SHUTDOWN = 5


class BootOption(IntEnum):
    """Parameters of boot options."""

    SET_IN_PROGRESS = 0
    VALID_BIT_CLEARING = 3
    INFO_ACKNOWLEDGE = 4
    BOOT_FLAGS = 5


def get_status() -> Request:
    """Answered by data for `power_is_on`."""
    return Request(CHASSIS, GET_STATUS)


def control(order: Control) -> Request:
    """Answered when accepted; it may not be carried out yet."""
    return Request(CHASSIS, CONTROL, bytes((order,)))


def set_boot_option(option: BootOption, value: bytes) -> Request:
    """Write one parameter."""
    return Request(CHASSIS, SET_BOOT_OPTION, bytes((option,)) + value)


def get_boot_option(option: BootOption) -> Request:
    """Answered by data for `boot_option`."""
    return Request(CHASSIS, GET_BOOT_OPTION, bytes((option, 0, 0)))


def power_is_on(data: bytes) -> bool:
    """Of Get Chassis Status. Raises Malformed."""
    if not data:
        raise Malformed("a chassis status is empty")
    return bool(data[0] & _POWER_IS_ON)


def boot_option(data: bytes) -> tuple[int, bytes] | None:
    """Of Get System Boot Options: parameter and value; None when it is marked invalid.

    Raises Malformed.
    """
    if len(data) < 2:
        raise Malformed("a boot option is cut off")
    if data[1] & _INVALID:
        return None
    return data[1] & _PARAMETER, data[2:]
