"""`/v1/ports`, and the ports of a node and of a port group: the NICs of nodes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import ColumnElement

from bessemer.baremetal.api import json_patch
from bessemer.baremetal.api.collection import Collection, Kind
from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.local_links import FIELD, keys_written, require_form
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.of_nodes import OfNodes, listed_groups, listed_names
from bessemer.baremetal.api.port_fields import PORT, mac
from bessemer.baremetal.api.queries import Filter, uuid_word, words
from bessemer.baremetal.api.values import ruled, text
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.ports import Ports
from bessemer.baremetal.store.of_nodes import in_conductor_groups, in_shards, of_project
from bessemer.baremetal.store.portgroups import PORTGROUPS
from bessemer.baremetal.store.tables import ports
from bessemer.errors import Invalid
from bessemer.json_types import Json
from bessemer.web.routes import Call, Reply

NODE_IDENT_SINCE: Final = 94
_EXCLUSIVE: Final = frozenset({"node", "node_uuid", "portgroup", "shard"})
_WRITTEN: Final = (
    "address",
    "node_uuid",
    "extra",
    "pxe_enabled",
    "local_link_connection",
    "portgroup_uuid",
    "physical_network",
    "is_smartnic",
    "name",
    "description",
    "vendor",
    "category",
    "available_for_dynamic_portgroup",
)


@ruled({"type": "string", "format": "mac"})
def address_word(name: str, text: str) -> str:
    """A MAC in any spelling."""
    return str(mac(name, text))


FILTERS: Final = {
    "node": Filter(words),
    "node_uuid": Filter(uuid_word),
    "address": Filter(address_word),
    "portgroup": Filter(words, 24),
    "shard": Filter(listed_names, 82),
    "description_contains": Filter(words, 97),
    "conductor_groups": Filter(listed_groups, 99),
}

KIND: Final = Kind(
    name="ports",
    noun="port",
    since=1,
    table=PORT,
    made=lambda values: Port(**values),
    altered=lambda port, changes: replace(port, **dict(changes)),
    document=lambda port: {name: getattr(port, name) for name in _WRITTEN},
    filters=FILTERS,
    conditions={
        "address": ports.c.address.__eq__,
        "shard": in_shards(ports.c.node_uuid),
        "description_contains": lambda some: ports.c.description.icontains(some, autoescape=True),
        "conductor_groups": in_conductor_groups(ports.c.node_uuid),
    },
    narrowed=of_project(ports.c.node_uuid),
    detail_path=True,
    named_since=88,
)


class PortsApi(OfNodes[Port]):
    """Handlers; each is one row of `endpoints`."""

    def __init__(self, desk: Desk) -> None:
        lenient = Ports(desk, strict=False)
        super().__init__(KIND, Ports(desk), desk, ports.c.node_uuid, 1, lenient)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        below = "/portgroups/{ident}/ports"
        row = {**self.listed_row({}), "since": 24, "narrows": False}
        rule = "baremetal:port:get"
        return (
            *OfNodes.endpoints(self),
            Endpoint("GET", below, self.of_group, rule, **row),
            Endpoint("GET", f"{below}/detail", self.of_group_in_detail, rule, **row),
        )

    async def of_group(self, call: Call) -> Reply:
        """The members of one port group."""
        return await self.listed(call, {}, [await self._in_group(ident_of(call))])

    async def of_group_in_detail(self, call: Call) -> Reply:
        """The members of one port group with every field."""
        return await self.listed(call, {}, [await self._in_group(ident_of(call))], detailed=True)

    async def create(self, call: Call) -> Reply:
        """Add a NIC: 201, the port, and where it is."""
        link = call.body.get(FIELD)
        require_form(link if isinstance(link, dict) else (), call.version.minor)
        return await Collection.create(self, replace(call, body=_with_owner(call)))

    async def update(self, call: Call) -> Reply:
        """JSON patch; the whole port afterwards."""
        require_form(keys_written(json_patch.parse(call.body)), call.version.minor)
        return await Collection.update(self, call)

    async def conditions(self, call: Call, filters: Mapping[str, Any]) -> list[ColumnElement[bool]]:
        if len(_EXCLUSIVE & set(filters)) > 1:
            raise Invalid("Give only one of node, node_uuid, portgroup and shard.")
        wanted = await OfNodes.conditions(self, call, filters)
        if "portgroup" in filters:
            wanted.append(await self._in_group(filters["portgroup"]))
        return wanted

    async def _in_group(self, ident: str) -> ColumnElement[bool]:
        async with self.desk.reading() as connection:
            group = await PORTGROUPS.get(connection, ident)
        return ports.c.portgroup_uuid == group.uuid


def _with_owner(call: Call) -> dict[str, Json]:
    """The body with the node, by uuid or name, in node_uuid.

    Clients put a node's name into node_uuid as well, so both fields take either.
    """
    body = dict(call.body)
    if "node_ident" in body:
        require(call.version.minor, NODE_IDENT_SINCE, "field node_ident")
    given = [body.pop(name) for name in ("node_uuid", "node_ident") if name in body]
    if len(given) != 1:
        raise Invalid("A port needs a node: give either node_uuid or node_ident.")
    return {**body, "node_uuid": text(255, least=1)("node_uuid", given[0])}
