"""Every field of volume connectors and targets: who may write it, and how it is shown."""

from typing import Final

from bessemer.baremetal.api.collection import Shown, links_below, of
from bessemer.baremetal.api.fields import Field, FieldTable, Write
from bessemer.baremetal.api.values import default, mapping, optional, ruled, text, uuid_text
from bessemer.baremetal.domain.secret import masked
from bessemer.baremetal.domain.volume import ConnectorType, VolumeConnector, VolumeTarget
from bessemer.clock import iso8601
from bessemer.errors import Invalid
from bessemer.json_types import Json

MAX_INDEX: Final = 2**31 - 1
_ID: Final = text(255, least=1)
_OBJECT: Final = default({}, mapping)


@ruled({"type": "string", "enum": sorted(ConnectorType)})
def connector_type(name: str, value: Json) -> Json:
    """One of `ConnectorType`."""
    if isinstance(value, str) and value in frozenset(ConnectorType):
        return ConnectorType(value)
    raise Invalid(f"{name} must be one of {', '.join(sorted(ConnectorType))}.")


@ruled(
    {
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": MAX_INDEX},
            {"type": "string", "pattern": "^[0-9]{1,9}$"},
        ]
    },
    {"type": "integer", "minimum": 0, "maximum": MAX_INDEX},
)
def boot_index(name: str, value: Json) -> Json:
    """A whole number from 0; clients send it as text, too."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and 0 <= value <= MAX_INDEX:
        return value
    raise Invalid(f"{name} must be a whole number from 0 to {MAX_INDEX}.")


def _properties(shown: Shown[VolumeTarget], _minor: int) -> Json:
    return masked(shown.thing.properties)


# fmt: off
CONNECTOR: Final[FieldTable[Shown[VolumeConnector]]] = FieldTable("volume connector", (
    Field("uuid", of("uuid"), write=Write.CREATE, check=optional(uuid_text), column="uuid",
          summary=True),
    Field("node_uuid", of("node_uuid"), 1, Write.BOTH, uuid_text, summary=True, required=True),
    Field("type", of("type"), 1, Write.BOTH, connector_type, column="type", summary=True,
          required=True),
    Field("connector_id", of("connector_id"), 1, Write.BOTH, _ID, column="connector_id",
          summary=True, required=True),
    Field("extra", of("extra"), 1, Write.BOTH, _OBJECT),
    Field("links", links_below("volume/connectors"), summary=True, always=True),
    Field("created_at", lambda shown, _: iso8601(shown.thing.created_at), column="created_at"),
    Field("updated_at", lambda shown, _: iso8601(shown.thing.updated_at), column="updated_at"),
))

TARGET: Final[FieldTable[Shown[VolumeTarget]]] = FieldTable("volume target", (
    Field("uuid", of("uuid"), write=Write.CREATE, check=optional(uuid_text), column="uuid",
          summary=True),
    Field("node_uuid", of("node_uuid"), 1, Write.BOTH, uuid_text, summary=True, required=True),
    Field("volume_type", of("volume_type"), 1, Write.BOTH, text(64, least=1),
          column="volume_type", summary=True, required=True),
    Field("boot_index", of("boot_index"), 1, Write.BOTH, boot_index, column="boot_index",
          summary=True, required=True),
    Field("volume_id", of("volume_id"), 1, Write.BOTH, _ID, column="volume_id", summary=True,
          required=True),
    Field("properties", _properties, 1, Write.BOTH, _OBJECT),
    Field("extra", of("extra"), 1, Write.BOTH, _OBJECT),
    Field("links", links_below("volume/targets"), summary=True, always=True),
    Field("created_at", lambda shown, _: iso8601(shown.thing.created_at), column="created_at"),
    Field("updated_at", lambda shown, _: iso8601(shown.thing.updated_at), column="updated_at"),
))
# fmt: on
