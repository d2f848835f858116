"""Reads what switches say of themselves by LLDP (IEEE 802.1AB-2016, section 8.5); pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_TLVS: Final = 256
LONGEST_VALUE: Final = 511
"""Bytes: a TLV's length has nine bits."""

_CHASSIS_ID, _PORT_ID, _SYSTEM_NAME = 1, 2, 5
_CHASSIS_MAC: Final = 4
_PORT_MAC: Final = 3
_PORT_TEXTS: Final = (1, 2, 5, 7)
"""Subtypes that are text: interface alias, port component, interface name, locally assigned."""
_TEXT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/@+,()\[\]#-]{0,254}\Z")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The switch port at the other end of the cable; None for what it does not tell."""

    switch_id: str | None = None
    port_id: str | None = None
    system_name: str | None = None


def neighbour(tlvs: Any) -> Neighbour:
    """From `[[type, hex], …]`. Whatever is malformed counts as not told: anybody can send LLDP."""
    values = _values(tlvs)
    return Neighbour(
        switch_id=_mac_of(values.get(_CHASSIS_ID, b""), _CHASSIS_MAC),
        port_id=_port_id(values.get(_PORT_ID, b"")),
        system_name=_text(values.get(_SYSTEM_NAME, b"")),
    )


def _values(tlvs: Any) -> dict[int, bytes]:
    """The first value of each type."""
    found: dict[int, bytes] = {}
    for tlv in tlvs[:MOST_TLVS] if isinstance(tlvs, list) else ():
        if not isinstance(tlv, Sequence) or len(tlv) != 2:
            continue
        kind, text = tlv
        if isinstance(kind, int) and isinstance(text, str) and len(text) <= 2 * LONGEST_VALUE:
            value = _bytes(text)
            if value is not None:
                found.setdefault(kind, value)
    return found


def _bytes(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None


def _mac_of(value: bytes, subtype: int) -> str | None:
    if len(value) != 7 or value[0] != subtype:
        return None
    return ":".join(f"{byte:02x}" for byte in value[1:])


def _port_id(value: bytes) -> str | None:
    if value[:1] and value[0] in _PORT_TEXTS:
        return _text(value[1:])
    return _mac_of(value, _PORT_MAC)


def _text(value: bytes) -> str | None:
    """Only what port and host names are made of; no markup, no control characters."""
    text = value.decode("utf-8", "replace").rstrip("\0").strip()
    return text if _TEXT.match(text) else None
