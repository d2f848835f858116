"""What ipmitool prints, read into values; None for anything that makes no sense. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from bessemer.baremetal.domain.node import Power

_POWER: Final = re.compile(r"^Chassis Power is (on|off)\s*$", re.MULTILINE)
_STATES: Final = {"on": Power.ON, "off": Power.OFF}
_BOOT_FLAGS: Final = re.compile(r"^Boot parameter data: ([0-9a-fA-F]{10})\s*$", re.MULTILINE)
_MANUFACTURER: Final = re.compile(r"^Manufacturer (ID|Name)\s*: (.+?)\s*$", re.MULTILINE)

_SENSOR_TYPE: Final = re.compile(r"Sensor Type(?: \(.*\))?\Z")
_MOST_SENSORS: Final = 4096

Sensors = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Kind of sensor -> its id -> what ipmitool says of it, by its own names."""


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


def sensors(output: str) -> Sensors:
    """Of `sdr` at verbosity 1. Sensors without a reading are left out."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for count, block in enumerate(re.split(r"\n[ \t]*\n", output)):
        if count >= _MOST_SENSORS:
            break
        said = dict(_pairs(block))
        kind = next((value for key, value in said.items() if _SENSOR_TYPE.match(key)), "")
        ident = said.get("Sensor ID", "")
        if kind and ident and "Sensor Reading" in said:
            found.setdefault(kind.partition("(")[0].strip(), {})[ident] = said
    return found


def _pairs(block: str) -> Iterator[tuple[str, str]]:
    for line in block.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip():
            yield key.strip(), value.strip()
