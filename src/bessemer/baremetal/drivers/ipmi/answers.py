"""What ipmitool prints, read into values; None for anything that makes no sense. Pure."""

import re
from typing import Final

from bessemer.baremetal.domain.node import Power

_POWER: Final = re.compile(r"^Chassis Power is (on|off)\s*$", re.MULTILINE)
_STATES: Final = {"on": Power.ON, "off": Power.OFF}
_BOOT_FLAGS: Final = re.compile(r"^Boot parameter data: ([0-9a-fA-F]{10})\s*$", re.MULTILINE)
_MANUFACTURER: Final = re.compile(r"^Manufacturer (ID|Name)\s*: (.+?)\s*$", re.MULTILINE)


def power_state(output: str) -> Power | None:
    """Of `power status`."""
    found = _POWER.search(output)
    return _STATES[found.group(1)] if found else None


def boot_flags(output: str) -> bytes | None:
    """Of `chassis bootparam get 5`: the five data bytes (IPMI 2.0, table 28-14)."""
    found = _BOOT_FLAGS.search(output)
    return bytes.fromhex(found.group(1)) if found else None


def manufacturer(output: str) -> tuple[int, str] | None:
    """Of `mc info`: IANA enterprise number and name."""
    found = dict(_MANUFACTURER.findall(output))
    number = found.get("ID", "")
    return (int(number), found.get("Name", "")) if re.fullmatch(r"[0-9]{1,9}", number) else None
