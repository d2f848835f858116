"""What belongs to nodes (ports, port groups, volumes): each thing changes under its node's lock."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.records import RecordPage, accept
from bessemer.baremetal.store import leases
from bessemer.baremetal.store.paging import Order
from bessemer.baremetal.store.records import Identified, Records
from bessemer.clock import now
from bessemer.errors import Conflict, Invalid, NotFound


class Part(Identified, Protocol):
    """A dataclass that says whose it is."""

    @property
    def node_uuid(self) -> str: ...


Thing = TypeVar("Thing", bound=Part)


@dataclass(frozen=True, slots=True)
class Change(Generic[Thing]):
    """A change in hand. `node` is the one that the thing belongs to, `target` the one afterwards."""

    connection: AsyncConnection
    node: Node
    target: Node
    before: Thing
    after: Thing

    @property
    def moves(self) -> bool:
        """Whether it changes nodes."""
        return self.node.uuid != self.target.uuid

    def touches(self, *names: str) -> list[str]:
        """Which of these attributes differ."""
        return [name for name in names if getattr(self.before, name) != getattr(self.after, name)]


class Belongings(Generic[Thing]):
    """Things of one kind. Subclasses say what is permitted, by raising Invalid or Conflict."""

    def __init__(self, desk: Desk, records: Records[Thing], *, strict: bool = True) -> None:
        """`strict`: things of a node that is being inspected stay as they are (since 1.39)."""
        self.desk = desk
        self.records = records
        self.strict = strict

    async def get(self, ident: str) -> Thing:
        """By uuid or name. Raises NotFound."""
        async with self.desk.reading() as connection:
            return await self.records.get(connection, ident)

    async def list(self, page: RecordPage) -> list[Thing]:
        """One page. Raises Invalid for an unknown marker."""
        order = Order(self.records.table, page.sort_column, page.descending, page.marker)
        async with self.desk.reading() as connection:
            return await self.records.list(connection, page.conditions, order, page.limit)

    async def create(self, thing: Thing) -> Thing:
        """Add it to the node whose uuid or name it carries. Raises Invalid, NodeLocked, Conflict."""
        try:
            async with self.desk.changing(thing.node_uuid) as (connection, node):
                owned = _given_to(thing, node)
                await self.permit_creation(connection, node, owned)
                added = await self.records.add(connection, owned)
        except NotFound as error:
            raise Invalid(error.message) from error
        await self.desk.tell(added.node_uuid)
        return added

    async def change(self, ident: str, alter: Callable[[Thing], Thing]) -> Thing:
        """Apply `alter`. Raises NotFound, Invalid, Conflict, NodeLocked."""
        known = await self.get(ident)
        beside = {alter(known).node_uuid} - {known.node_uuid}
        async with self.desk.changing(known.node_uuid, *beside) as (connection, node):
            before = await self._still_of(node, connection, known.uuid)
            after = alter(before)
            target = node
            if after.node_uuid != before.node_uuid:
                target = await self._also_holding(connection, after.node_uuid)
            change = Change(connection, node, target, before, _given_to(after, target))
            await self.permit_change(change)
            saved = await self.records.save(connection, change.after)
        for node_uuid in {node.uuid, target.uuid}:
            await self.desk.tell(node_uuid)
        return saved

    async def delete(self, ident: str, check: Callable[[Thing], None] = accept) -> None:
        """Remove it. Raises NotFound, Invalid, Conflict, NodeLocked."""
        known = await self.get(ident)
        async with self.desk.changing(known.node_uuid) as (connection, node):
            thing = await self._still_of(node, connection, known.uuid)
            check(thing)
            await self.permit_removal(connection, node, thing)
            await self.records.remove(connection, thing.uuid)
        await self.desk.tell(node.uuid)

    async def permit_creation(self, connection: AsyncConnection, node: Node, thing: Thing) -> None:
        """Whether it may be added."""

    async def permit_change(self, change: Change[Thing]) -> None:
        """Whether it may change so; what else changes with it is written here."""

    async def permit_removal(self, connection: AsyncConnection, node: Node, thing: Thing) -> None:
        """Whether it may go."""

    async def _still_of(self, node: Node, connection: AsyncConnection, uuid: str) -> Thing:
        """The thing, which the lock of this node covers. Raises NotFound, Conflict."""
        thing = await self.records.get(connection, uuid)
        if thing.node_uuid != node.uuid:
            raise Conflict(
                f"The {self.records.noun} {uuid} has just moved from node {node.uuid} to "
                f"{thing.node_uuid}. Look at it again, and repeat the request if it still applies."
            )
        return thing

    async def _also_holding(self, connection: AsyncConnection, ident: str) -> Node:
        try:
            node = await self.desk.shelves.nodes.get(connection, ident)
        except NotFound as error:
            raise Invalid(error.message) from error
        await leases.take_in_passing(connection, node.uuid, now())
        return node


def _given_to(thing: Thing, node: Node) -> Thing:
    changed: dict[str, Any] = {"node_uuid": node.uuid}
    return replace(thing, **changed)
