"""How to reach one BMC: the `ipmi_*` fields of driver_info, checked and typed. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.secret import Secret
from bessemer.errors import Invalid

DEFAULT_PORT: Final = 623
_ADDRESS: Final = re.compile(r"[0-9A-Za-z:][0-9A-Za-z.:_%-]{0,252}\Z")
_PRIVILEGES: Final = ("ADMINISTRATOR", "OPERATOR", "USER", "CALLBACK")
_PROTOCOLS: Final = ("2.0", "1.5")
_NAME_LIMIT: Final = 16
_PASSWORD_LIMITS: Final = {"2.0": 20, "1.5": 16}
"""Bytes; IPMI 2.0 specification, sections 22.28 and 22.30."""
_NO_PASSWORD: Final = Secret("")
_KG_KEY: Final = re.compile(r"[0-9a-fA-F]{40}\Z")
_LAST_CIPHER_SUITE: Final = 17


class Bridging(StrEnum):
    """How many management controllers lie between the BMC and the one addressed."""

    NO = "no"
    SINGLE = "single"
    DUAL = "dual"


@dataclass(frozen=True, slots=True)
class Bridge:
    """The way to a controller behind the BMC; channels and addresses as ipmitool takes them."""

    target_channel: str
    target_address: str
    local_address: str | None = None
    transit_channel: str | None = None
    transit_address: str | None = None


@dataclass(frozen=True, slots=True)
class BmcAccess:
    """Where a node's BMC is and how to log in. `cipher_suite` None: the best that it accepts."""

    node_uuid: str
    address: str
    port: int = DEFAULT_PORT
    username: str | None = None
    password: Secret = _NO_PASSWORD
    privilege: str = _PRIVILEGES[0]
    protocol: str = _PROTOCOLS[0]
    cipher_suite: int | None = None
    kg_key: Secret | None = None
    bridge: Bridge | None = None
    disable_boot_timeout: bool = True
    """Keep the BMC from dropping a boot device that is not used within 60 s."""
    force_boot_device: bool = False
    """Tell the BMC its persistent boot device again before every start: it forgets."""
    terminal_port: int | None = None
    """TCP port of the serial console; None: any of `baremetal.console_port_range`."""

    @property
    def endpoint(self) -> tuple[str, int]:
        """What tells BMCs apart."""
        return self.address, self.port


def access_of(node: Node) -> BmcAccess:
    """The node's BMC. Raises Invalid, naming the field of driver_info that is missing or wrong."""
    info = node.driver_info
    protocol = _choice(info, "ipmi_protocol_version", _PROTOCOLS)
    return BmcAccess(
        node_uuid=node.uuid,
        address=_address(info),
        port=_port(info, "ipmi_port") or DEFAULT_PORT,
        username=_username(info),
        password=_password(info, protocol),
        privilege=_choice(info, "ipmi_priv_level", _PRIVILEGES),
        protocol=protocol,
        cipher_suite=_cipher_suite(info, protocol),
        kg_key=_kg_key(info),
        bridge=_bridge(info),
        disable_boot_timeout=_flag(info, "ipmi_disable_boot_timeout", default=True),
        force_boot_device=_flag(info, "ipmi_force_boot_device", default=False),
        terminal_port=_port(info, "ipmi_terminal_port"),
    )


def _address(info: Mapping[str, Any]) -> str:
    text = str(info.get("ipmi_address") or "").strip().removeprefix("[").removesuffix("]")
    if not text:
        raise _wrong("ipmi_address", "is required: the BMC's IP address or host name")
    if not _ADDRESS.match(text):
        raise _wrong("ipmi_address", "must be an IP address or a host name")
    return text


def _username(info: Mapping[str, Any]) -> str | None:
    name = info.get("ipmi_username")
    if name in (None, ""):
        return None
    if len(str(name).encode()) > _NAME_LIMIT:
        raise _wrong("ipmi_username", f"is longer than IPMI's {_NAME_LIMIT} bytes")
    return _printable(str(name), "ipmi_username")


def _password(info: Mapping[str, Any], protocol: str) -> Secret:
    text = _plain(info.get("ipmi_password"))
    limit = _PASSWORD_LIMITS[protocol]
    if len(text.encode()) > limit:
        raise _wrong("ipmi_password", f"is longer than the {limit} bytes of IPMI {protocol}")
    return Secret(_printable(text, "ipmi_password"))


def _kg_key(info: Mapping[str, Any]) -> Secret | None:
    text = _plain(info.get("ipmi_hex_kg_key"))
    if not text:
        return None
    if not _KG_KEY.match(text):
        raise _wrong("ipmi_hex_kg_key", "must be 40 hexadecimal digits (20 bytes)")
    if b"\0" in bytes.fromhex(text).rstrip(b"\0"):
        raise _wrong("ipmi_hex_kg_key", "must hold no zero byte but at its end")
    return Secret(text)


def _cipher_suite(info: Mapping[str, Any], protocol: str) -> int | None:
    suite = _number(info, "ipmi_cipher_suite", 0, _LAST_CIPHER_SUITE)
    if suite is not None and protocol == "1.5":
        raise _wrong("ipmi_cipher_suite", "needs ipmi_protocol_version 2.0")
    return suite


def _bridge(info: Mapping[str, Any]) -> Bridge | None:
    bridging = Bridging(_choice(info, "ipmi_bridging", tuple(Bridging)))
    if bridging is Bridging.NO:
        return None
    dual = bridging is Bridging.DUAL
    return Bridge(
        target_channel=_hop(info, "ipmi_target_channel", bridging),
        target_address=_hop(info, "ipmi_target_address", bridging),
        local_address=_hop(info, "ipmi_local_address", bridging)
        if info.get("ipmi_local_address")
        else None,
        transit_channel=_hop(info, "ipmi_transit_channel", bridging) if dual else None,
        transit_address=_hop(info, "ipmi_transit_address", bridging) if dual else None,
    )


def _hop(info: Mapping[str, Any], key: str, bridging: Bridging) -> str:
    text = str(info.get(key, "")).strip()
    if not text:
        raise _wrong(key, f"is required with ipmi_bridging {bridging}")
    if not re.fullmatch(r"0[xX][0-9a-fA-F]{1,2}|[0-9]{1,3}", text):
        raise _wrong(key, "must be a number such as 7 or 0x82")
    return text


def _port(info: Mapping[str, Any], key: str) -> int | None:
    return _number(info, key, 1, 65535)


def _number(info: Mapping[str, Any], key: str, low: int, high: int) -> int | None:
    value = info.get(key)
    if value in (None, ""):
        return None
    try:
        number = int(str(value))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise _wrong(key, f"must be a number from {low} to {high}")
    return number


def _choice(info: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> str:
    value = info.get(key)
    if value in (None, ""):
        return choices[0]
    for choice in choices:
        if str(value).lower() == choice.lower():
            return choice
    raise _wrong(key, f"must be one of {', '.join(choices)}")


def _flag(info: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = info.get(key)
    if value in (None, ""):
        return default
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    try:
        return words[str(value).lower()]
    except KeyError:
        raise _wrong(key, "must be true or false") from None


def _plain(value: Any) -> str:
    return value.reveal() if isinstance(value, Secret) else str(value or "")


def _printable(text: str, key: str) -> str:
    if any(ord(character) < 32 or character == "\x7f" for character in text):
        raise _wrong(key, "must hold no control characters or line breaks")
    return text


def _wrong(key: str, what: str) -> Invalid:
    return Invalid(f"driver_info.{key} {what}.")
