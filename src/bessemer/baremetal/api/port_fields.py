"""Every field of a port: since which microversion, who may write it, and how it is shown."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.api.fields import Field, FieldTable, Write, constant
from bessemer.baremetal.api.links import links
from bessemer.baremetal.api.values import (
    boolean,
    default,
    mapping,
    optional,
    ruled,
    text,
    unsupported,
    uuid_text,
)
from bessemer.baremetal.domain.port import Port, normalise_mac
from bessemer.clock import iso8601
from bessemer.errors import Invalid
from bessemer.json_types import Json

_LINK_KEYS: Final = frozenset({"port_id", "switch_id", "switch_info", "hostname", "network_type"})
_DATAPATH: Final = re.compile(r"(0x)?[0-9a-f]{16}\Z")
_MAC: Final = re.compile(r"([0-9a-f]{2}[:.-]?){5}[0-9a-f]{2}\Z")


@dataclass(frozen=True, slots=True)
class PortFacts:
    """One port, and where the API's links lead."""

    port: Port
    base_url: str = ""


def _of(name: str) -> Callable[[PortFacts, int], Json]:
    return lambda facts, _minor: getattr(facts.port, name)


def _self_links(facts: PortFacts, _minor: int) -> Json:
    return links(facts.base_url, f"ports/{facts.port.uuid}")


@ruled({"type": "string", "format": "mac"})
def mac(name: str, value: Json) -> Json:
    """A unicast MAC in any spelling; kept in lower case with colons."""
    return normalise_mac(text(64)(name, value))


@ruled(
    {
        "type": "object",
        "properties": {key: {"type": "string", "maxLength": 255} for key in sorted(_LINK_KEYS)},
        "additionalProperties": False,
    }
)
def local_link_connection(name: str, value: Json) -> Json:
    """Where the NIC is cabled: `{port_id, switch_id, switch_info?}`, `{network_type: unmanaged}`, {}.

    switch_id is a MAC (kept in lower case with colons) or an OpenFlow datapath id.
    """
    link: dict[str, Json] = mapping(name, value)
    unknown = sorted(set(link) - _LINK_KEYS)
    if unknown:
        raise Invalid(f"{name} has unknown keys: {', '.join(key[:80] for key in unknown)}.")
    for key, item in link.items():
        text(255)(f"{name}/{key}", item)
    if not link or link == {"network_type": "unmanaged"} or set(link) == {"port_id", "hostname"}:
        return link
    if not {"port_id", "switch_id"} <= set(link):
        raise Invalid(f"{name} needs port_id and switch_id.")
    return {**link, "switch_id": _switch_id(link["switch_id"])}


def _switch_id(given: str) -> str:
    lowered = given.strip().lower()
    if _MAC.match(lowered):
        digits = re.sub(r"[:.-]", "", lowered)
        return ":".join(digits[i : i + 2] for i in range(0, 12, 2))
    if _DATAPATH.match(lowered):
        return lowered
    raise Invalid(f"switch_id {given[:64]!r} is neither a MAC address nor an OpenFlow datapath id.")


_OBJECT: Final = default({}, mapping)

# fmt: off
PORT: Final[FieldTable[PortFacts]] = FieldTable("port", (
    Field("uuid", _of("uuid"), write=Write.CREATE, check=uuid_text, column="uuid", summary=True),
    Field("address", _of("address"), 1, Write.BOTH, mac, column="address", summary=True,
          required=True),
    Field("links", _self_links, summary=True, always=True),
    Field("node_uuid", _of("node_uuid"), 1, Write.BOTH, uuid_text),
    Field("extra", _of("extra"), 1, Write.BOTH, _OBJECT),
    Field("internal_info", _of("internal_info"), 18),
    Field("pxe_enabled", _of("pxe_enabled"), 19, Write.BOTH, default(True, boolean),
          column="pxe_enabled"),
    Field("local_link_connection", _of("local_link_connection"), 19, Write.BOTH,
          default({}, local_link_connection)),
    Field("portgroup_uuid", _of("portgroup_uuid"), 24, Write.BOTH, unsupported()),
    Field("physical_network", _of("physical_network"), 34, Write.BOTH, optional(text(64, least=1)),
          column="physical_network"),
    Field("is_smartnic", _of("is_smartnic"), 53, Write.BOTH, default(False, boolean),
          column="is_smartnic"),
    Field("name", _of("name"), 88, Write.BOTH, optional(text(255, least=1)), column="name"),
    Field("description", constant(None), 97, Write.BOTH, unsupported("")),
    Field("vendor", constant(None), 100, Write.BOTH, unsupported("")),
    Field("category", constant(None), 101, Write.BOTH, unsupported("")),
    Field("available_for_dynamic_portgroup", constant(True), 111, Write.BOTH, unsupported(True)),
    Field("created_at", lambda facts, _: iso8601(facts.port.created_at), column="created_at"),
    Field("updated_at", lambda facts, _: iso8601(facts.port.updated_at), column="updated_at"),
))
# fmt: on
