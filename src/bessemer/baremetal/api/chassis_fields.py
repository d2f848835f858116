"""Every field of a chassis: who may write it, and how it is shown."""

from typing import Final

from bessemer.baremetal.api.collection import Shown, links_below, of
from bessemer.baremetal.api.fields import Field, FieldTable, Write
from bessemer.baremetal.api.links import links
from bessemer.baremetal.api.values import default, mapping, optional, text, uuid_text
from bessemer.baremetal.domain.chassis import Chassis
from bessemer.clock import iso8601
from bessemer.json_types import Json


def _nodes(shown: Shown[Chassis], _minor: int) -> Json:
    return links(shown.base_url, f"chassis/{shown.thing.uuid}/nodes")


# fmt: off
CHASSIS: Final[FieldTable[Shown[Chassis]]] = FieldTable("chassis", (
    Field("uuid", of("uuid"), write=Write.CREATE, check=optional(uuid_text), column="uuid",
          summary=True),
    Field("description", of("description"), 1, Write.BOTH, optional(text(255)),
          column="description", summary=True),
    Field("links", links_below("chassis"), summary=True, always=True),
    Field("extra", of("extra"), 1, Write.BOTH, default({}, mapping)),
    Field("nodes", _nodes),
    Field("created_at", lambda shown, _: iso8601(shown.thing.created_at), column="created_at"),
    Field("updated_at", lambda shown, _: iso8601(shown.thing.updated_at), column="updated_at"),
))
# fmt: on
