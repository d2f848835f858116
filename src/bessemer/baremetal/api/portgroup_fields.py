"""Every field of a port group: since which microversion, who may write it, and how it is shown."""

from typing import Final

from bessemer.baremetal.api.collection import Shown, links_below, of
from bessemer.baremetal.api.fields import Field, FieldTable, Write
from bessemer.baremetal.api.links import links
from bessemer.baremetal.api.names import logical_name
from bessemer.baremetal.api.port_fields import mac
from bessemer.baremetal.api.values import boolean, default, mapping, optional, text, uuid_text
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.clock import iso8601
from bessemer.json_types import Json

_OBJECT: Final = default({}, mapping)


def _members(shown: Shown[Portgroup], _minor: int) -> Json:
    return links(shown.base_url, f"portgroups/{shown.thing.uuid}/ports")


# fmt: off
PORTGROUP: Final[FieldTable[Shown[Portgroup]]] = FieldTable("portgroup", (
    Field("uuid", of("uuid"), write=Write.CREATE, check=optional(uuid_text), column="uuid",
          summary=True),
    Field("address", of("address"), 1, Write.BOTH, optional(mac), column="address", summary=True),
    Field("name", of("name"), 1, Write.BOTH, optional(logical_name), column="name", summary=True),
    Field("links", links_below("portgroups"), summary=True, always=True),
    Field("node_uuid", of("node_uuid"), 1, Write.BOTH, uuid_text, required=True),
    Field("extra", of("extra"), 1, Write.BOTH, _OBJECT),
    Field("internal_info", of("internal_info")),
    Field("standalone_ports_supported", of("standalone_ports_supported"), 1, Write.BOTH,
          default(True, boolean), column="standalone_ports_supported"),
    Field("ports", _members, 24),
    Field("mode", of("mode"), 26, Write.BOTH, optional(text(255, least=1)), column="mode",
          shape={"type": "string"}),
    Field("properties", of("properties"), 26, Write.BOTH, _OBJECT),
    Field("physical_network", of("physical_network"), 102, Write.BOTH,
          optional(text(64, least=1)), column="physical_network"),
    Field("category", of("category"), 103, Write.BOTH, optional(text(255)), column="category"),
    Field("dynamic_portgroup", of("dynamic_portgroup"), 111, column="dynamic_portgroup"),
    Field("created_at", lambda shown, _: iso8601(shown.thing.created_at), column="created_at"),
    Field("updated_at", lambda shown, _: iso8601(shown.thing.updated_at), column="updated_at"),
))
# fmt: on
