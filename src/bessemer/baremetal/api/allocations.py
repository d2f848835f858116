"""`/v1/allocations` and `/v1/nodes/{ident}/allocation`: any free machine of a kind, please."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bessemer.baremetal.api.collection import Collection, Kind, Shown, links_below, of
from bessemer.baremetal.api.deploy_templates import trait_name
from bessemer.baremetal.api.endpoints import Argument, Endpoint, closed_early
from bessemer.baremetal.api.fields import Field, FieldTable, Write
from bessemer.baremetal.api.links import api_url
from bessemer.baremetal.api.names import logical_name
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.queries import Filter, chosen_fields, words
from bessemer.baremetal.api.values import (
    Checker,
    default,
    mapping,
    optional,
    ruled,
    taken_by,
    text,
    uuid_text,
)
from bessemer.baremetal.domain.allocation import Allocation
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.operations.allocations import Allocations
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store.allocations import of_node
from bessemer.baremetal.store.tables import allocations
from bessemer.clock import iso8601
from bessemer.errors import Invalid
from bessemer.json_types import Json
from bessemer.web.routes import Call, Handler, Reply

SINCE: Final = 52
PATCH_SINCE: Final = 57
BACKFILL_SINCE: Final = 58
MOST_CANDIDATES: Final = 10_000


def _list_of(check: Checker, most: int) -> Checker:
    @ruled({"type": ["array", "null"], "items": taken_by(check), "maxItems": most})
    def checked(name: str, value: Json) -> Json:
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            raise Invalid(f"{name} must be a list of at most {most}.")
        return list(dict.fromkeys(check(name, each) for each in value))

    return checked


# fmt: off
ALLOCATION: Final[FieldTable[Shown[Allocation]]] = FieldTable("allocation", (
    Field("uuid", of("uuid"), write=Write.CREATE, check=optional(uuid_text), column="uuid",
          summary=True),
    Field("name", of("name"), 1, Write.BOTH, optional(logical_name), column="name", summary=True),
    Field("node_uuid", of("node_uuid"), column="node_uuid", summary=True),
    Field("resource_class", of("resource_class"), 1, Write.CREATE, optional(text(80, least=1)),
          column="resource_class", summary=True),
    Field("state", lambda shown, _: str(shown.thing.state), column="state", summary=True),
    Field("last_error", of("last_error"), column="last_error", summary=True),
    Field("traits", lambda shown, _: list(shown.thing.traits), 1, Write.CREATE,
          _list_of(trait_name, 50), summary=True),
    Field("candidate_nodes", lambda shown, _: list(shown.thing.candidate_nodes), 1, Write.CREATE,
          _list_of(text(255, least=1), MOST_CANDIDATES), summary=True),
    Field("owner", of("owner"), 60, Write.CREATE, optional(text(255, least=1)), column="owner",
          summary=True),
    Field("extra", of("extra"), 1, Write.BOTH, default({}, mapping), summary=True),
    Field("links", links_below("allocations"), summary=True, always=True),
    Field("created_at", lambda shown, _: iso8601(shown.thing.created_at), column="created_at",
          summary=True),
    Field("updated_at", lambda shown, _: iso8601(shown.thing.updated_at), column="updated_at",
          summary=True),
))
# fmt: on


def _as_fields(values: Mapping[str, Json]) -> dict[str, Any]:
    lists = {name for name in ("traits", "candidate_nodes") if name in values}
    return {**values, **{name: tuple(values[name]) for name in lists}}


def _altered(allocation: Allocation, changes: Mapping[str, Json]) -> Allocation:
    return replace(allocation, **changes)


KIND: Final = Kind(
    name="allocations",
    noun="allocation",
    since=SINCE,
    table=ALLOCATION,
    made=lambda values: Allocation(**{"resource_class": None, **_as_fields(values)}),
    altered=_altered,
    document=lambda allocation: {"name": allocation.name, "extra": allocation.extra},
    filters={
        "node": Filter(words),
        "resource_class": Filter(words),
        "state": Filter(words),
        "owner": Filter(words, 60),
    },
    conditions={
        "node": of_node,
        "resource_class": allocations.c.resource_class.__eq__,
        "state": allocations.c.state.__eq__,
        "owner": allocations.c.owner.__eq__,
    },
    narrowed=allocations.c.owner.__eq__,
)
NODE: Final[Mapping[str, Argument]] = {"node": Argument(optional(text(255, least=1)))}


def _own(row: Endpoint, handlers: Mapping[tuple[str, str], Handler]) -> Endpoint:
    since = PATCH_SINCE if row.method == "PATCH" else row.since
    handler = handlers.get((row.method, row.path), row.handler)
    return replace(row, handler=handler, since=since)


@dataclass(frozen=True, slots=True)
class AllocationsApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        path, rule = "/nodes/{ident}/allocation", "baremetal:allocation"
        own: Mapping[tuple[str, str], Handler] = {
            ("GET", "/allocations"): self.index,
            ("POST", "/allocations"): self.create,
        }
        return (
            *closed_early([_own(row, own) for row in self._plain.endpoints()]),
            Endpoint("GET", path, self.of_node, f"{rule}:get", SINCE, table=ALLOCATION),
            Endpoint("DELETE", path, self.take_from_node, f"{rule}:delete", SINCE, status=204),
        )

    async def index(self, call: Call) -> Reply:
        """A page of allocations."""
        if "node" in call.query:
            async with self.desk.reading() as connection:
                await self.desk.shelves.nodes.get(connection, words("node", call.query["node"]))
        return await self._plain.index(call)

    async def create(self, call: Call) -> Reply:
        """Ask for a machine: 201 at once; it is looked for in the background.

        With `node` (since 1.58) it writes down the allocation of a machine that is in use already.
        """
        body = dict(call.body)
        node = NODE["node"].check("node", body.pop("node", None))
        if node is not None and call.version.minor < BACKFILL_SINCE:
            raise Invalid(
                f"node can be given to a new allocation since API version 1.{BACKFILL_SINCE}."
            )
        values = ALLOCATION.checked_body(body, call.version.minor)
        if node is None:
            ident = values.get("uuid") or str(uuid.uuid4())
            made = await self._operations.create(KIND.made({**values, "uuid": ident}))
        else:
            made = await self._operations.backfill(str(node), lambda found: _for(found, values))
        location = {"Location": f"{api_url(call)}/v1/allocations/{made.uuid}"}
        return Reply(self._plain.rendered(call, made), headers=location)

    async def of_node(self, call: Call) -> Reply:
        """The allocation that the node serves."""
        names = chosen_fields(call, ALLOCATION)
        found = await self._operations.of_node(ident_of(call))
        return Reply(self._plain.rendered(call, found, names))

    async def take_from_node(self, call: Call) -> Reply:
        """Delete the allocation that the node serves."""
        found = await self._operations.of_node(ident_of(call))
        await self._operations.delete(found.uuid)
        return Reply()

    @property
    def _operations(self) -> Allocations:
        return Allocations(self.desk)

    @property
    def _plain(self) -> Collection[Allocation]:
        return Collection(KIND, self._operations)


def _for(node: Node, values: Mapping[str, Json]) -> Allocation:
    """The allocation of a node in use: what is not said is taken from the node."""
    ident = values.get("uuid") or node.instance_uuid or str(uuid.uuid4())
    resource_class = values.get("resource_class") or node.resource_class
    return KIND.made({**values, "uuid": ident, "resource_class": resource_class})
