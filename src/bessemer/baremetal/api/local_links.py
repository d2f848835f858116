"""`local_link_connection`: where a NIC is cabled, in the forms that the microversions know.

A switch port is `{port_id, switch_id}`, a Smart NIC `{port_id, hostname}`, a NIC that nobody's
switch is set for `{network_type: unmanaged}`, a VTEP of OVN `{port_id, vtep-logical-switch,
vtep-physical-switch}`; `{}` when it is not known.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bessemer.baremetal.api.json_patch import Operation
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.values import mapping, ruled, text
from bessemer.errors import Invalid, NotAcceptable
from bessemer.json_types import Json, JsonObject

FIELD: Final = "local_link_connection"
NETWORK_TYPE_SINCE: Final = 64
VTEP_VERSIONS: Final = range(90, 105)
VTEP: Final = frozenset({"vtep-logical-switch", "vtep-physical-switch"})
_KEYS: Final = frozenset({"port_id", "switch_id", "switch_info", "hostname", "network_type"})
_NETWORK_TYPES: Final = ("managed", "unmanaged")
_FORMS: Final[Sequence[frozenset[str]]] = (
    frozenset({"port_id", "switch_id"}),
    frozenset({"port_id", "hostname"}),
)
_DATAPATH: Final = re.compile(r"(0x)?[0-9a-f]{16}\Z")
_MAC: Final = re.compile(r"([0-9a-f]{2}[:.-]?){5}[0-9a-f]{2}\Z")

_STRINGS: Final[JsonObject] = {
    key: {"type": "string", "maxLength": 255} for key in sorted(_KEYS | VTEP)
}


@ruled({"type": "object", "properties": _STRINGS, "additionalProperties": False})
def local_link_connection(name: str, value: Json) -> Json:
    """One of the forms above; the switch's id in lower case, a MAC with colons. Raises Invalid."""
    link: Any = mapping(name, value)
    unknown = sorted(set(link) - _KEYS - VTEP)
    if unknown:
        raise Invalid(f"{name} has unknown keys: {', '.join(key[:80] for key in unknown)}.")
    for key, item in link.items():
        text(255)(f"{name}/{key}", item)
    if VTEP & set(link):
        return _vtep(name, link)
    kind = link.get("network_type")
    if kind is not None and kind not in _NETWORK_TYPES:
        raise Invalid(f"{name}/network_type must be one of {', '.join(_NETWORK_TYPES)}.")
    if link and kind != "unmanaged" and not any(form <= set(link) for form in _FORMS):
        raise Invalid(f"{name} needs port_id and switch_id (a Smart NIC: port_id and hostname).")
    if "switch_id" in link:
        return {**link, "switch_id": switch_id(link["switch_id"])}
    return link


def switch_id(given: str) -> str:
    """A MAC in any spelling, or an OpenFlow datapath id, in lower case. Raises Invalid."""
    lowered = given.strip().lower()
    if _MAC.match(lowered):
        digits = re.sub(r"[:.-]", "", lowered)
        return ":".join(digits[i : i + 2] for i in range(0, 12, 2))
    if _DATAPATH.match(lowered):
        return lowered
    raise Invalid(f"switch_id {given[:64]!r} is neither a MAC address nor an OpenFlow datapath id.")


def keys_written(operations: Sequence[Operation]) -> set[str]:
    """The keys of the link that a patch writes."""
    return {
        key
        for each in operations
        if each.root == FIELD
        for key in (each.path[1:2] or (each.value if isinstance(each.value, dict) else ()))
    }


def require_form(keys: Iterable[str] | Mapping[str, Json], minor: int) -> None:
    """Raises NotAcceptable for keys that the asked version does not know."""
    written = set(keys)
    if "network_type" in written:
        require(minor, NETWORK_TYPE_SINCE, f"{FIELD}/network_type")
    if VTEP & written and minor not in VTEP_VERSIONS:
        raise NotAcceptable(
            f"Request not acceptable: {FIELD} takes {' and '.join(sorted(VTEP))} from API version "
            f"1.{VTEP_VERSIONS[0]} to 1.{VTEP_VERSIONS[-1]} only; 1.{minor} was asked for."
        )


def _vtep(name: str, link: Mapping[str, Json]) -> Json:
    if set(link) != VTEP | {"port_id"}:
        raise Invalid(f"{name} of a VTEP has {', '.join(sorted(VTEP))} and port_id, nothing else.")
    return dict(link)
