"""What a machine boots over a storage network, out of its volume targets; pure.

A target's `properties` are those that Cinder gives a connection: https://docs.openstack.org/ironic
(boot from volume).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any, Final

from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.domain.volume import ISCSI, ConnectorType, Volumes, VolumeTarget
from bessemer.errors import Invalid

ISCSI_PORT: Final = 3260
_IQN: Final = re.compile(r"(iqn|eui|naa)\.[A-Za-z0-9.:_-]{1,219}\Z")
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z")
_PORTAL: Final = re.compile(r"(\[(?P<six>[^]]+)\]|(?P<host>[^:\[\]]+))(:(?P<port>[0-9]{1,5}))?\Z")
_LAST_PORT: Final = 0xFFFF
_LAST_LUN: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class SanVolume:
    """One volume, and the ways to it: `iscsi:<host>::<port>:<LUN in hex>:<name>` (RFC 4173)."""

    paths: tuple[str, ...]
    username: str = ""
    password: Secret | None = None
    """CHAP's; without, the target asks for none."""


@dataclass(frozen=True, slots=True)
class SanBoot:
    """The machine's own name, and its volumes, the one to boot first."""

    initiator: str
    volumes: tuple[SanVolume, ...]

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "SanBoot":
        """What `as_json` made."""
        volumes = (
            SanVolume(**{**each, "paths": tuple(each["paths"])}) for each in stored["volumes"]
        )
        return cls(stored["initiator"], tuple(volumes))

    def as_json(self) -> dict[str, Any]:
        """For `driver_internal_info`, where secrets lie sealed."""
        volumes = [
            {"paths": list(each.paths), "username": each.username, "password": each.password}
            for each in self.volumes
        ]
        return {"initiator": self.initiator, "volumes": volumes}


def san_boot(volumes: Volumes) -> SanBoot:
    """All iSCSI volumes of a node that boots from one. Raises Invalid, naming target and property."""
    volumes.check_reachable()
    targets = [each for each in volumes.targets if each.volume_type == ISCSI]
    if not targets or targets[0].boot_index != 0:
        raise Invalid(
            "A machine boots from a volume of type iscsi with boot_index 0, or from none."
        )
    initiator = volumes.names(ConnectorType.IQN)[0]
    if not _IQN.match(initiator):
        raise Invalid(f"The volume connector of type iqn has no iSCSI name: {initiator[:80]!r}.")
    return SanBoot(initiator, tuple(_volume(target) for target in targets))


def _volume(target: VolumeTarget) -> SanVolume:
    where = f"Volume target {target.uuid}"
    properties = target.properties
    portals, names, luns = (_each(where, properties, key) for key in ("portal", "iqn", "lun"))
    if not len(portals) == len(names) == len(luns):
        raise Invalid(
            f"{where}: target_portals, target_iqns and target_luns must be lists of one length."
        )
    paths = [_path(where, *each) for each in zip(portals, names, luns, strict=True)]
    return SanVolume(tuple(dict.fromkeys(paths)), *_login(where, properties))


def _each(where: str, properties: Mapping[str, Any], key: str) -> list[Any]:
    """Of all paths to a volume: the list where there is one, else the one value."""
    several, one = properties.get(f"target_{key}s"), properties.get(f"target_{key}")
    if isinstance(several, list) and several:
        return several
    if one is None:
        raise Invalid(f"{where} needs target_{key} (or target_{key}s) in its properties.")
    return [one]


def _path(where: str, portal: Any, name: Any, lun: Any) -> str:
    if not isinstance(name, str) or not _IQN.match(name):
        raise Invalid(f"{where}: target_iqn must be an iSCSI name (iqn.2026-11.example:disk).")
    text = str(lun)
    number = int(text) if text.isascii() and text.isdigit() else _LAST_LUN + 1
    if isinstance(lun, bool) or number > _LAST_LUN:
        raise Invalid(f"{where}: target_lun must be a number from 0 to {_LAST_LUN}.")
    host, port = _address(where, portal)
    return f"iscsi:{host}::{port}:{number:x}:{name}"


def _address(where: str, portal: Any) -> tuple[str, int]:
    found = _PORTAL.match(portal) if isinstance(portal, str) else None
    port = int(found["port"] or ISCSI_PORT) if found else 0
    if found and 0 < port <= _LAST_PORT:
        if found["six"] and _is_address(found["six"]):
            return f"[{found['six']}]", port
        if found["host"] and _HOST.match(found["host"]):
            return found["host"], port
    raise Invalid(f"{where}: target_portal must be <host>:<port>, an IPv6 address in brackets.")


def _is_address(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text


def _login(where: str, properties: Mapping[str, Any]) -> tuple[str, Secret | None]:
    method = properties.get("auth_method")
    name, password = properties.get("auth_username"), properties.get("auth_password")
    if method is None and name is None and password is None:
        return "", None
    if method not in (None, "CHAP") or not isinstance(name, str) or not name or not password:
        raise Invalid(
            f"{where}: auth_method must be CHAP, with auth_username and auth_password, or be left out."
        )
    return name, password if isinstance(password, Secret) else Secret(str(password))
