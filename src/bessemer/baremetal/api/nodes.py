"""`/v1/nodes`: list, enrol, show, change, remove."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from bessemer.baremetal.api import json_patch, node_documents
from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.etags import check_unchanged, etag_header
from bessemer.baremetal.api.links import api_url
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.node_fields import NODE, SURROUNDINGS, columns_read
from bessemer.baremetal.api.policies import hidden_from
from bessemer.baremetal.api.queries import (
    Filter,
    chosen_fields,
    listing,
    page,
    refuse_unknown,
    truth,
    uuid_word,
    words,
)
from bessemer.baremetal.api.values import ruled
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations import nodes as node_operations
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.show_nodes import (
    NodeFacts,
    NodePage,
    list_nodes,
    show_enrolled,
    show_node,
)
from bessemer.errors import Invalid, NotFound
from bessemer.json_types import Json
from bessemer.web.routes import Call, Reply

LITERAL_JSON_SUFFIX_SINCE: Final = 91
RESET_INTERFACES_SINCE: Final = 45
STRICT_INSPECTING_SINCE: Final = 39

_STATES: Final = frozenset(State)
T = TypeVar("T")


@ruled({"enum": sorted(State)})
def _state(name: str, text: str) -> str:
    if text not in _STATES:
        raise Invalid(f'Provision state "{text[:40]}" is not valid for the filter {name}.')
    return text


def _names(name: str, text: str) -> list[str]:
    return [each for each in words(name, text).split(",") if each]


def _group(_name: str, text: str) -> str:
    return text.lower()


FILTERS: Final = {
    "instance_uuid": Filter(uuid_word),
    "associated": Filter(truth),
    "maintenance": Filter(truth),
    "provision_state": Filter(_state, 9),
    "driver": Filter(words, 16),
    "resource_class": Filter(words, 21),
    "fault": Filter(words, 42),
    "conductor_group": Filter(_group, 46),
    "owner": Filter(words, 50),
    "description_contains": Filter(words, 51),
    "retired": Filter(truth, 61),
    "lessee": Filter(words, 65),
    "project": Filter(words, 65),
    "shard": Filter(_names, 82),
    "sharded": Filter(truth, 82),
    "include_children": Filter(truth, 83),
    "parent_node": Filter(words, 83),
    "conductor": Filter(words, 49),
    "chassis_uuid": Filter(uuid_word),
    "instance_name": Filter(words, 104),
}

LISTED: Final[Mapping[str, Any]] = {"table": NODE, "key": "nodes", "filters": FILTERS}


def ident_of(call: Call) -> str:
    """The `{ident}` in the path: a uuid or a name. Raises NotFound for what can be neither."""
    ident = call.path["ident"]
    if len(ident) > 255 or "\x00" in ident:
        raise NotFound(f"{ident[:80]!r} could not be found.")
    return ident


async def by_ident(call: Call, act: Callable[[str], Awaitable[T]]) -> T:
    """Do it with the object named in the path.

    Before 1.91 a trailing `.json` is no part of the name, unless an object is really called so.
    """
    ident = ident_of(call)
    bare = ident.removesuffix(".json")
    if bare == ident or call.version.minor >= LITERAL_JSON_SUFFIX_SINCE:
        return await act(ident)
    try:
        return await act(ident)
    except NotFound:
        return await act(bare)


@dataclass(frozen=True, slots=True)
class NodesApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        return (
            Endpoint("GET", "/nodes", self.index, "baremetal:node:list", narrows=True, **LISTED),
            Endpoint(
                "POST",
                "/nodes",
                self.create,
                "baremetal:node:create",
                body=dict,
                status=201,
                table=NODE,
            ),
            Endpoint(
                "GET",
                "/nodes/detail",
                self.detail,
                "baremetal:node:list",
                narrows=True,
                **LISTED,
            ),
            Endpoint("GET", "/nodes/{ident}", self.show, "baremetal:node:get", table=NODE),
            Endpoint(
                "PATCH",
                "/nodes/{ident}",
                self.update,
                "baremetal:node:update",
                body=list,
                table=NODE,
                filters={"reset_interfaces": Filter(truth, RESET_INTERFACES_SINCE)},
            ),
            Endpoint("DELETE", "/nodes/{ident}", self.delete, "baremetal:node:delete", status=204),
        )

    async def index(self, call: Call) -> Reply:
        """A page of nodes."""
        return await self._list(call, detailed=False)

    async def detail(self, call: Call) -> Reply:
        """A page of nodes with every field."""
        return await self._list(call, detailed=True)

    async def create(self, call: Call) -> Reply:
        """Enrol a node: 201, the node, and where it is."""
        minor = call.version.minor
        values = NODE.checked_body(call.body, minor)
        created = await node_operations.create(self.desk, node_documents.new_node(values, minor))
        location = {"Location": f"{api_url(call)}/v1/nodes/{created.uuid}"}
        facts = await show_enrolled(self.desk, created)
        return Reply(self._rendered(call, facts, NODE.names(minor)), headers=location)

    async def show(self, call: Call) -> Reply:
        """One node."""
        refuse_unknown(call, ["fields"])
        names = chosen_fields(call, NODE)
        facts = await by_ident(call, lambda ident: show_node(self.desk, ident))
        return Reply(self._rendered(call, facts, names), headers=etag_header(facts.node))

    async def update(self, call: Call) -> Reply:
        """JSON patch; the whole node afterwards."""
        refuse_unknown(call, ["reset_interfaces"])
        minor = call.version.minor
        reset = truth("reset_interfaces", call.query.get("reset_interfaces", "false"))
        if "reset_interfaces" in call.query:
            require(minor, RESET_INTERFACES_SINCE, "query parameter reset_interfaces")
        operations = json_patch.parse(call.body)
        NODE.check_patch(operations, minor)

        def alter(node: Node) -> Node:
            check_unchanged(call, node)
            patched = json_patch.apply(node_documents.document(node), operations)
            changes = NODE.checked_changes(patched, operations)
            if reset:
                node = node_documents.without_former_interfaces(node, changes)
            return node_documents.with_changes(node, changes, minor)

        async def change(ident: str) -> Node:
            return await node_operations.change(
                self.desk,
                ident,
                alter,
                fields={operation.root for operation in operations},
                strict_inspecting=minor >= STRICT_INSPECTING_SINCE,
            )

        changed = await by_ident(call, change)
        facts = await show_node(self.desk, changed.uuid)
        shown = self._rendered(call, facts, NODE.names(minor))
        return Reply(shown, headers=etag_header(changed))

    async def delete(self, call: Call) -> Reply:
        """Remove a node from the inventory."""
        refuse_unknown(call)

        def check(node: Node) -> None:
            check_unchanged(call, node)

        await by_ident(call, lambda ident: node_operations.delete(self.desk, ident, check))
        return Reply()

    async def within(self, call: Call, fixed: Mapping[str, Any]) -> Reply:
        """A page of those nodes that these filters, too, let through."""
        return await self._list(call, detailed=False, fixed=fixed)

    async def _list(
        self, call: Call, *, detailed: bool, fixed: Mapping[str, Any] | None = None
    ) -> Reply:
        asked = listing(call, NODE, FILTERS, detailed=detailed)
        own = {} if call.only_project is None else {"only_project": call.only_project}
        wanted = NodePage(
            filters={**asked.filters, **own, **(fixed or {})},
            limit=asked.limit,
            marker=asked.marker,
            sort_column=asked.sort_column,
            descending=asked.descending,
            columns=columns_read(asked.names),
            alone=SURROUNDINGS.isdisjoint(asked.names),
        )
        found = await list_nodes(self.desk, wanted)
        items = _all_rendered(call, found, asked.names)
        limit = 0 if "instance_uuid" in asked.filters else asked.limit
        return Reply(page(call, "nodes", items, limit, [facts.node.uuid for facts in found]))

    def _rendered(self, call: Call, facts: NodeFacts, names: tuple[str, ...]) -> dict[str, Json]:
        return _all_rendered(call, [facts], names)[0]


def _all_rendered(
    call: Call, found: Sequence[NodeFacts], names: tuple[str, ...]
) -> list[dict[str, Json]]:
    base_url = api_url(call)
    shares = {(facts.node.owner, facts.node.lessee) for facts in found}
    hidden = {share: hidden_from(call, *share) for share in shares}
    seen = (
        replace(facts, base_url=base_url, hidden=hidden[facts.node.owner, facts.node.lessee])
        for facts in found
    )
    return NODE.render_all(seen, call.version.minor, names)
