"""`/v1/volume` and a node's own: connectors and targets of remote volumes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bessemer.baremetal.api.collection import Kind
from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.links import api_url, links
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.of_nodes import OfNodes
from bessemer.baremetal.api.queries import Filter, refuse_unknown, truth, words
from bessemer.baremetal.api.volume_fields import CONNECTOR, TARGET
from bessemer.baremetal.domain.secret import MASK, Secret, keep_masked, with_secrets
from bessemer.baremetal.domain.volume import VolumeConnector, VolumeTarget
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.volume import connectors, targets
from bessemer.baremetal.store import owners
from bessemer.baremetal.store.of_nodes import of_project
from bessemer.baremetal.store.tables import volume_connectors, volume_targets
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject
from bessemer.web.routes import Call, Reply

SINCE: Final = 32
SEES_PROPERTIES: Final = "baremetal:volume:view_target_properties"
REDACTED: Final[JsonObject] = {
    "redacted_contents": (
        f"** Value redacted: Requires permission {SEES_PROPERTIES} access. Permission denied. **"
    )
}
_FILTERS: Final = {"node": Filter(words), "detail": Filter(truth, SINCE)}

CONNECTORS: Final = Kind(
    name="volume/connectors",
    key="connectors",
    noun="volume",
    since=SINCE,
    table=CONNECTOR,
    made=lambda values: VolumeConnector(**values),
    altered=lambda connector, changes: replace(connector, **dict(changes)),
    document=lambda connector: {
        name: getattr(connector, name) for name in ("node_uuid", "type", "connector_id", "extra")
    },
    filters=_FILTERS,
    narrowed=of_project(volume_connectors.c.node_uuid),
)


def _sealed(given: Mapping[str, Json], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The properties with secrets wrapped; asterisks stand for what is stored. Raises Invalid."""
    wrapped = with_secrets(keep_masked(given, stored))
    if _holds_mask(wrapped):
        raise Invalid(
            f"properties hold {MASK}, which only stands for a stored secret, and none is stored "
            "there. Send the value itself."
        )
    return wrapped


def _holds_mask(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_mask, value.values()))
    if isinstance(value, list):
        return any(map(_holds_mask, value))
    return isinstance(value, Secret) and value.reveal() == MASK


def _altered(target: VolumeTarget, changes: Mapping[str, Json]) -> VolumeTarget:
    found: dict[str, Any] = dict(changes)
    if "properties" in found:
        found["properties"] = _sealed(found["properties"], target.properties)
    return replace(target, **found)


def _made(values: Mapping[str, Json]) -> VolumeTarget:
    bare = VolumeTarget(**{**values, "properties": {}})
    return _altered(bare, {"properties": values.get("properties", {})})


TARGETS: Final = Kind(
    name="volume/targets",
    key="targets",
    noun="volume",
    since=SINCE,
    table=TARGET,
    made=_made,
    altered=_altered,
    document=lambda target: {
        name: getattr(target, name)
        for name in ("node_uuid", "volume_type", "boot_index", "volume_id", "properties", "extra")
    },
    filters=_FILTERS,
    narrowed=of_project(volume_targets.c.node_uuid),
)


@dataclass(frozen=True)
class Targets(OfNodes[VolumeTarget]):
    """Volume targets; their properties are for those who may look into their node's secrets."""

    async def shown(
        self, call: Call, things: Sequence[VolumeTarget], names: Sequence[str] | None = None
    ) -> list[dict[str, Json]]:
        items = [self.rendered(call, each, names) for each in things]
        if call.permits(SEES_PROPERTIES, None, None):
            return items
        async with self.desk.reading() as connection:
            held = await owners.of_nodes(connection, {each.node_uuid for each in things})
        for item, thing in zip(items, things, strict=True):
            if "properties" in item and not call.permits(SEES_PROPERTIES, *held[thing.node_uuid]):
                item["properties"] = REDACTED
        return items


@dataclass(frozen=True, slots=True)
class VolumeApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        desk, node = self.desk, "/nodes/{ident}/volume"
        of_connector, of_target = volume_connectors.c.node_uuid, volume_targets.c.node_uuid
        return (
            Endpoint("GET", "/volume", self.links, "baremetal:volume:list", SINCE),
            Endpoint("GET", node, self.links_of_node, "baremetal:volume:get", SINCE),
            *OfNodes(CONNECTORS, connectors(desk), desk, of_connector, SINCE).endpoints(),
            *Targets(TARGETS, targets(desk), desk, of_target, SINCE).endpoints(),
        )

    async def links(self, call: Call) -> Reply:
        """Where connectors and targets are."""
        refuse_unknown(call)
        return Reply(_links(call, "volume"))

    async def links_of_node(self, call: Call) -> Reply:
        """Where the connectors and targets of one node are."""
        refuse_unknown(call)
        async with self.desk.reading() as connection:
            node = await self.desk.shelves.nodes.get(connection, ident_of(call))
        return Reply(_links(call, f"nodes/{node.uuid}/volume"))


def _links(call: Call, path: str) -> JsonObject:
    base_url = api_url(call)
    return {
        "links": links(base_url, path),
        "connectors": links(base_url, f"{path}/connectors"),
        "targets": links(base_url, f"{path}/targets"),
    }
