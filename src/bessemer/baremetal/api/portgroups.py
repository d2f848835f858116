"""`/v1/portgroups`, and the port groups of a node: NICs bonded into one link."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bessemer.baremetal.api.collection import Kind
from bessemer.baremetal.api.of_nodes import OfNodes, listed_groups, listed_names
from bessemer.baremetal.api.portgroup_fields import PORTGROUP
from bessemer.baremetal.api.ports import address_word
from bessemer.baremetal.api.queries import Filter, words
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.portgroups import Portgroups
from bessemer.baremetal.store.of_nodes import in_conductor_groups, in_shards, of_project
from bessemer.baremetal.store.tables import portgroups
from bessemer.errors import Invalid
from bessemer.json_types import Json

BELOW_NODES_SINCE: Final = 24
_WRITTEN: Final = (
    "address",
    "name",
    "node_uuid",
    "extra",
    "standalone_ports_supported",
    "mode",
    "properties",
    "physical_network",
    "category",
)


def _kind(default_mode: str) -> Kind[Portgroup]:
    return Kind(
        name="portgroups",
        noun="portgroup",
        since=23,
        table=PORTGROUP,
        made=lambda values: _made(values, default_mode),
        altered=_altered,
        document=lambda group: {name: getattr(group, name) for name in _WRITTEN},
        filters={
            "node": Filter(words),
            "address": Filter(address_word),
            "shard": Filter(listed_names, 106),
            "conductor_groups": Filter(listed_groups, 99),
        },
        conditions={
            "address": portgroups.c.address.__eq__,
            "shard": in_shards(portgroups.c.node_uuid),
            "conductor_groups": in_conductor_groups(portgroups.c.node_uuid),
        },
        narrowed=of_project(portgroups.c.node_uuid),
        detail_path=True,
    )


def _made(values: Mapping[str, Json], default_mode: str) -> Portgroup:
    mode = values.get("mode")
    return Portgroup(**{**values, "mode": default_mode if mode is None else mode})


def _altered(group: Portgroup, changes: Mapping[str, Json]) -> Portgroup:
    if "mode" in changes and changes["mode"] is None:
        raise Invalid("mode is a mandatory attribute and can not be removed.")
    return replace(group, **dict(changes))


def portgroups_api(desk: Desk) -> OfNodes[Portgroup]:
    """Handlers of all rows."""
    kind, lenient = _kind(desk.settings.default_portgroup_mode), Portgroups(desk, strict=False)
    column = portgroups.c.node_uuid
    return OfNodes(kind, Portgroups(desk), desk, column, BELOW_NODES_SINCE, lenient)
