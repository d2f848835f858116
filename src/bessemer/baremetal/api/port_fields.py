"""Every field of a port: since which microversion, who may write it, and how it is shown."""

from typing import Final

from bessemer.baremetal.api.collection import Shown, links_below, of
from bessemer.baremetal.api.fields import Field, FieldTable, Write
from bessemer.baremetal.api.local_links import local_link_connection
from bessemer.baremetal.api.names import logical_name
from bessemer.baremetal.api.values import (
    boolean,
    default,
    mapping,
    optional,
    ruled,
    text,
    uuid_text,
)
from bessemer.baremetal.domain.port import Port, normalise_mac
from bessemer.clock import iso8601
from bessemer.json_types import Json, JsonObject


@ruled({"type": "string", "format": "mac"})
def mac(name: str, value: Json) -> Json:
    """A unicast MAC in any spelling; kept in lower case with colons."""
    return normalise_mac(text(64)(name, value))


_UUID: Final[JsonObject] = {"type": "string", "format": "uuid"}
_WORDS: Final = optional(text(255))

# fmt: off
PORT: Final[FieldTable[Shown[Port]]] = FieldTable("port", (
    Field("uuid", of("uuid"), write=Write.CREATE, check=optional(uuid_text), column="uuid",
          summary=True),
    Field("address", of("address"), 1, Write.BOTH, mac, column="address", summary=True,
          required=True),
    Field("links", links_below("ports"), summary=True, always=True),
    Field("node_uuid", of("node_uuid"), 1, Write.BOTH, text(255, least=1), shape=_UUID),
    Field("extra", of("extra"), 1, Write.BOTH, default({}, mapping)),
    Field("internal_info", of("internal_info"), 18),
    Field("pxe_enabled", of("pxe_enabled"), 19, Write.BOTH, default(True, boolean),
          column="pxe_enabled"),
    Field("local_link_connection", of("local_link_connection"), 19, Write.BOTH,
          default({}, local_link_connection)),
    Field("portgroup_uuid", of("portgroup_uuid"), 24, Write.BOTH, optional(uuid_text)),
    Field("physical_network", of("physical_network"), 34, Write.BOTH, optional(text(64, least=1)),
          column="physical_network"),
    Field("is_smartnic", of("is_smartnic"), 53, Write.BOTH, default(False, boolean),
          column="is_smartnic"),
    Field("name", of("name"), 88, Write.BOTH, optional(logical_name), column="name"),
    Field("description", of("description"), 97, Write.BOTH, _WORDS, column="description"),
    Field("vendor", of("vendor"), 100, Write.BOTH, _WORDS, column="vendor"),
    Field("category", of("category"), 101, Write.BOTH, _WORDS, column="category"),
    Field("available_for_dynamic_portgroup", of("available_for_dynamic_portgroup"), 111,
          Write.BOTH, default(True, boolean), column="available_for_dynamic_portgroup"),
    Field("created_at", lambda shown, _: iso8601(shown.thing.created_at), column="created_at"),
    Field("updated_at", lambda shown, _: iso8601(shown.thing.updated_at), column="updated_at"),
))
# fmt: on
