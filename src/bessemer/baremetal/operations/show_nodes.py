"""Nodes as they are shown: the row, who holds it, what is in hand, which conductor serves it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.conductor import membership, turns
from bessemer.baremetal.conductor.membership import Membership
from bessemer.baremetal.domain.lease import Holder
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.work import Work
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store import queues, seen_nodes
from bessemer.baremetal.store import work as work_store
from bessemer.baremetal.store.nodes import Place
from bessemer.baremetal.store.paging import Order
from bessemer.baremetal.store.seen_nodes import Seen
from bessemer.baremetal.store.tables import nodes
from bessemer.clock import now
from bessemer.errors import Unavailable

GUARDED: Final = frozenset({"last_error", "reservation", "driver_info", "driver_internal_info"})
"""Fields of a node that tell of the deployment's inside."""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """One node with its surroundings. `base_url` is where the API's links lead.

    `hidden`: guarded fields that who asks may not read; all of them until somebody looked.
    """

    node: Node
    holder: Holder | None = None
    work: Work | None = None
    conductor: str | None = None
    base_url: str = ""
    hidden: frozenset[str] = GUARDED


@dataclass(frozen=True, slots=True)
class NodePage:
    """Which nodes, in which order. `marker` is the uuid of the last one that was seen.

    `columns`: what is read of each node, its uuid and driver at least. `alone`: nobody asks who
    holds it, what is in hand, and which conductor serves it.
    """

    filters: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None
    marker: str | None = None
    sort_column: str = "id"
    descending: bool = False
    columns: frozenset[str] = seen_nodes.ALL
    alone: bool = False


def _containing(column: ColumnElement[Any]) -> Callable[[Any], ColumnElement[bool]]:
    return lambda words: column.icontains(words, autoescape=True)


def _of_project(project: Any) -> ColumnElement[bool]:
    return or_(nodes.c.owner == project, nodes.c.lessee == project)


_parents = nodes.alias("parents")

CONDITIONS: Final[Mapping[str, Callable[[Any], ColumnElement[bool]]]] = {
    "instance_uuid": nodes.c.instance_uuid.__eq__,
    "associated": lambda wanted: nodes.c.instance_uuid.is_not(None).is_(wanted),
    "maintenance": nodes.c.maintenance.is_,
    "provision_state": nodes.c.provision_state.__eq__,
    "driver": nodes.c.driver.__eq__,
    "chassis_uuid": nodes.c.chassis_uuid.__eq__,
    "resource_class": nodes.c.resource_class.__eq__,
    "fault": nodes.c.fault.__eq__,
    "conductor_group": nodes.c.conductor_group.__eq__,
    "owner": nodes.c.owner.__eq__,
    "lessee": nodes.c.lessee.__eq__,
    "project": _of_project,
    "only_project": _of_project,
    "description_contains": _containing(nodes.c.description),
    "retired": nodes.c.retired.is_,
    "instance_name": nodes.c.instance_name.__eq__,
    "shard": nodes.c.shard.in_,
    "sharded": lambda wanted: nodes.c.shard.is_not(None).is_(wanted),
    "parent_node": lambda parent: nodes.c.parent_node.in_(
        select(_parents.c.uuid).where(or_(_parents.c.uuid == parent, _parents.c.name == parent))
    ),
}
"""What nodes may be filtered by, in SQL."""


async def show_node(desk: Desk, ident: str) -> NodeFacts:
    """By uuid or name. Raises NotFound."""
    async with desk.reading() as connection:
        seen = await seen_nodes.get(connection, desk.shelves.nodes, ident, now())
        works = await _works(desk, connection, [seen])
    return _facts(await desk.conductors(), [seen], works)[0]


async def show_enrolled(desk: Desk, node: Node) -> NodeFacts:
    """A node that was enrolled just now: nobody holds it yet, and nothing is in hand."""
    return _facts(await desk.conductors(), [Seen(node)], {})[0]


async def list_nodes(desk: Desk, page: NodePage) -> list[NodeFacts]:
    """One page. Raises Invalid for an unknown marker."""
    conditions = _conditions(page.filters)
    order = Order(nodes, page.sort_column, page.descending, page.marker)
    async with desk.reading() as connection:
        if "conductor" in page.filters:
            conditions.append(await _served_by(desk, connection, page, conditions))
        found = await seen_nodes.page(
            connection,
            desk.shelves.nodes,
            (conditions, order, page.limit),
            page.columns,
            None if page.alone else now(),
        )
        if page.alone:
            return [NodeFacts(seen.node) for seen in found]
        works = await _works(desk, connection, found)
    return _facts(await desk.conductors(), found, works)


def _conditions(filters: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """In SQL. Children are listed only for those who ask for them."""
    wanted = [CONDITIONS[name](value) for name, value in filters.items() if name in CONDITIONS]
    asked = filters.get("include_children") or "parent_node" in filters
    if not asked and "instance_uuid" not in filters:
        wanted.append(nodes.c.parent_node.is_(None))
    return wanted


async def _served_by(
    desk: Desk,
    connection: AsyncConnection,
    page: NodePage,
    conditions: Sequence[ColumnElement[bool]],
) -> ColumnElement[bool]:
    """The page's nodes, whose place on the hash ring is `page.filters["conductor"]`.

    The ring is computed, not stored: so a few columns of all nodes are looked through.
    """
    members = await membership.read(connection, desk.settings)
    order = Order(nodes, page.sort_column, page.descending, page.marker)
    places = await desk.shelves.nodes.places(connection, conditions, order)
    wanted = page.filters["conductor"]
    served = [place.id for place in places if _conductor(members, place) == wanted]
    return nodes.c.id.in_(served[: page.limit])


async def _works(
    desk: Desk, connection: AsyncConnection, found: Sequence[Seen]
) -> Mapping[str, Work]:
    busy = [seen.node.uuid for seen in found if seen.at_work]
    if not busy:
        return {}
    works = await work_store.of_nodes(connection, busy)
    queued = [work.node_uuid for work in works.values() if work.queues]
    places = await queues.places(connection, queued) if queued else {}
    return {**works, **{uuid: _at(desk, works[uuid], ahead) for uuid, ahead in places.items()}}


def _at(desk: Desk, work: Work, ahead: int) -> Work:
    """With its place in the queue, which is as of now and kept nowhere."""
    limit = desk.flows.limits.get(work.flow)
    if work.waiting is None or limit is None:
        return work
    words = turns.in_words(work.flow, limit, ahead)
    return replace(work, waiting=replace(work.waiting, reason=words))


def _facts(
    members: Membership, found: Sequence[Seen], works: Mapping[str, Work]
) -> list[NodeFacts]:
    return [
        NodeFacts(seen.node, seen.holder, works.get(seen.node.uuid), _conductor(members, seen.node))
        for seen in found
    ]


def _conductor(members: Membership, node: Node | Place) -> str | None:
    try:
        return members.owner(node.uuid, node.driver, node.conductor_group)
    except Unavailable:
        return None
