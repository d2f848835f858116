"""`/v1/ports` and `/v1/nodes/{ident}/ports`: the NICs of nodes."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bessemer.baremetal.api import json_patch
from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.links import api_url
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.nodes import by_ident, ident_of
from bessemer.baremetal.api.port_fields import PORT, PortFacts, mac
from bessemer.baremetal.api.queries import (
    Filter,
    chosen_fields,
    listing,
    page,
    refuse_unknown,
    uuid_word,
    words,
)
from bessemer.baremetal.api.values import ruled, text
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.operations import ports as port_operations
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.ports import PortPage
from bessemer.errors import Invalid, NotFound
from bessemer.json_types import Json
from bessemer.web.routes import Call, Reply

NODE_IDENT_SINCE: Final = 94
_NOT_KEPT: Final = ("description", "vendor", "category", "available_for_dynamic_portgroup")
_EXCLUSIVE: Final = frozenset({"node", "node_uuid", "portgroup", "shard"})


@ruled({"type": "string", "format": "mac"})
def _address(name: str, text: str) -> str:
    return str(mac(name, text))


FILTERS: Final = {
    "node": Filter(words),
    "node_uuid": Filter(uuid_word),
    "address": Filter(_address),
    "portgroup": Filter(words, 24),
    "shard": Filter(words, 82),
}

LISTED: Final[Mapping[str, Any]] = {"table": PORT, "key": "ports", "filters": FILTERS}


@dataclass(frozen=True, slots=True)
class PortsApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        get, update = "baremetal:port:get", "baremetal:port:update"
        delete, create = "baremetal:port:delete", "baremetal:port:create"
        return (
            Endpoint("GET", "/ports", self.index, "baremetal:port:list", **LISTED),
            Endpoint("POST", "/ports", self.create, create, body=dict, status=201, table=PORT),
            Endpoint("GET", "/ports/detail", self.detail, "baremetal:port:list", **LISTED),
            Endpoint("GET", "/ports/{ident}", self.show, get, table=PORT),
            Endpoint("PATCH", "/ports/{ident}", self.update, update, body=list, table=PORT),
            Endpoint("DELETE", "/ports/{ident}", self.delete, delete, status=204),
            Endpoint("GET", "/nodes/{ident}/ports", self.of_node, get, table=PORT, key="ports"),
            Endpoint(
                "GET",
                "/nodes/{ident}/ports/detail",
                self.of_node_detail,
                get,
                table=PORT,
                key="ports",
            ),
        )

    async def index(self, call: Call) -> Reply:
        """A page of ports."""
        return await self._list(call)

    async def detail(self, call: Call) -> Reply:
        """A page of ports with every field."""
        return await self._list(call, detailed=True)

    async def of_node(self, call: Call) -> Reply:
        """The ports of one node."""
        return await self._list(call, node=ident_of(call))

    async def of_node_detail(self, call: Call) -> Reply:
        """The ports of one node with every field."""
        return await self._list(call, node=ident_of(call), detailed=True)

    async def create(self, call: Call) -> Reply:
        """Add a NIC: 201, the port, and where it is."""
        body = dict(call.body)
        node_ident = self._owner(body, call.version.minor)
        values = PORT.checked_body(body, call.version.minor)

        def make(node: Node) -> Port:
            bare = Port(
                uuid=values.get("uuid") or str(uuid.uuid4()),
                node_uuid=node.uuid,
                address=values["address"],
            )
            return _with_changes(bare, values)

        try:
            port = await port_operations.create(self.desk, node_ident, make)
        except NotFound as error:
            raise Invalid(error.message) from error
        location = {"Location": f"{api_url(call)}/v1/ports/{port.uuid}"}
        return Reply(self._rendered(call, port, PORT.names(call.version.minor)), headers=location)

    async def show(self, call: Call) -> Reply:
        """One port."""
        refuse_unknown(call, ["fields"])
        names = chosen_fields(call, PORT)
        port = await by_ident(call, lambda ident: port_operations.get(self.desk, ident))
        return Reply(self._rendered(call, port, names))

    async def update(self, call: Call) -> Reply:
        """JSON patch; the whole port afterwards."""
        refuse_unknown(call)
        operations = json_patch.parse(call.body)
        PORT.check_patch(operations, call.version.minor)

        def alter(port: Port) -> Port:
            patched = json_patch.apply(_document(port), operations)
            return _with_changes(port, PORT.checked_changes(patched, operations))

        port = await by_ident(call, lambda ident: port_operations.change(self.desk, ident, alter))
        return Reply(self._rendered(call, port, PORT.names(call.version.minor)))

    async def delete(self, call: Call) -> Reply:
        """Remove a NIC."""
        refuse_unknown(call)
        await by_ident(call, lambda ident: port_operations.delete(self.desk, ident))
        return Reply()

    def _owner(self, body: dict[str, Json], minor: int) -> str:
        """Which node a new port belongs to, taken out of the body.

        Clients put a node's name into node_uuid as well, so both take either.
        """
        if "node_ident" in body:
            require(minor, NODE_IDENT_SINCE, "field node_ident")
        given = [body.pop(name) for name in ("node_uuid", "node_ident") if name in body]
        if len(given) != 1:
            raise Invalid("A port needs a node: give either node_uuid or node_ident.")
        return str(text(255, least=1)("node_uuid", given[0]))

    async def _list(self, call: Call, *, node: str | None = None, detailed: bool = False) -> Reply:
        asked = listing(call, PORT, {} if node else FILTERS, detailed=detailed)
        if len(_EXCLUSIVE & set(asked.filters)) > 1:
            raise Invalid("Give only one of node, node_uuid, portgroup and shard.")
        found = await port_operations.list_ports(
            self.desk,
            PortPage(
                node=node or asked.filters.get("node") or asked.filters.get("node_uuid"),
                address=asked.filters.get("address"),
                none_at_all=bool({"portgroup", "shard"} & set(asked.filters)),
                limit=asked.limit,
                marker=asked.marker,
                sort_column=asked.sort_column,
                descending=asked.descending,
            ),
        )
        items = [self._rendered(call, port, asked.names) for port in found]
        return Reply(page(call, "ports", items, asked.limit, [port.uuid for port in found]))

    def _rendered(self, call: Call, port: Port, names: tuple[str, ...]) -> dict[str, Json]:
        return PORT.render(PortFacts(port, api_url(call)), call.version.minor, names)


def _document(port: Port) -> dict[str, Json]:
    kept = (
        "address",
        "node_uuid",
        "extra",
        "pxe_enabled",
        "local_link_connection",
        "portgroup_uuid",
        "physical_network",
        "is_smartnic",
        "name",
    )
    return {**{name: getattr(port, name) for name in kept}, **dict.fromkeys(_NOT_KEPT)}


def _with_changes(port: Port, changes: Mapping[str, Json]) -> Port:
    kept = {name: value for name, value in changes.items() if name not in _NOT_KEPT}
    return replace(port, **kept)
