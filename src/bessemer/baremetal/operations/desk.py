"""What every operation needs: the database, the plug-ins, the bus, and who we are."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.conductor import membership
from bessemer.baremetal.conductor.conductor import topic_of
from bessemer.baremetal.conductor.membership import Acquaintance, Membership
from bessemer.baremetal.conductor.task import Shelves
from bessemer.baremetal.domain.lease import Lease, NodeLocked, Span
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.interfaces.registry import Registry
from bessemer.baremetal.operations.background import Background
from bessemer.baremetal.operations.flows import Flows
from bessemer.baremetal.operations.unchanged import check_unchanged
from bessemer.baremetal.public import NODE_CHANGED
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.baremetal.store import leases
from bessemer.baremetal.store.work import Due
from bessemer.bus.bus import Bus
from bessemer.clock import now
from bessemer.errors import Unavailable

LOOK_AGAIN_S: Final = 0.2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to every operation."""

    shelves: Shelves
    registry: Registry
    flows: Flows
    bus: Bus
    hostname: str
    settings: BareMetalSettings
    background: Background = field(default_factory=Background)
    acquaintance: Acquaintance = field(default_factory=Acquaintance)
    if_match: str | None = None
    """The states (ETags) of a node in which alone it may be held or changed from this desk."""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A read transaction."""
        async with self.shelves.database.read() as connection:
            yield connection

    @asynccontextmanager
    async def changing(
        self, ident: str, *beside: str
    ) -> AsyncIterator[tuple[AsyncConnection, Node]]:
        """A write transaction that holds one node; waits a little for it (`patiently`).

        `beside`: other nodes that will be held in it, too. Raises NotFound, NodeLocked, ChangedMeanwhile.
        """
        async with AsyncExitStack() as stack:
            yield await self.patiently(
                lambda: stack.enter_async_context(self.changing_now(ident, *beside))
            )

    @asynccontextmanager
    async def changing_now(
        self, ident: str, *beside: str
    ) -> AsyncIterator[tuple[AsyncConnection, Node]]:
        """Like `changing`, for those who can do something else first when the node is held."""
        async with self.shelves.database.write() as connection:
            if beside:
                await self.shelves.nodes.hold(connection, ident, *beside)
            node = await self.shelves.nodes.get(connection, ident)
            self.check(node)
            await leases.take_in_passing(connection, node.uuid, now())
            yield connection, node

    @asynccontextmanager
    async def holding(self, ident: str, purpose: str, length: timedelta) -> AsyncIterator[Node]:
        """Hold one node over a call to the outside world, for `length` at most.

        Waits a little for it (`patiently`). Raises NotFound, NodeLocked, ChangedMeanwhile.
        """
        node, lease = await self.patiently(lambda: self._held(ident, purpose, length))
        try:
            yield node
        finally:
            async with self.shelves.database.write_one() as connection:
                await leases.release(connection, lease)

    async def _held(self, ident: str, purpose: str, length: timedelta) -> tuple[Node, Lease]:
        async with self.shelves.database.write() as connection:
            node = await self.shelves.nodes.get(connection, ident)
            self.check(node)
            span = Span(now(), length)
            owner = f"{self.hostname}:api"
            return node, await leases.take(connection, node.uuid, owner, purpose, span)

    def check(self, node: Node) -> None:
        """Raises ChangedMeanwhile for a node that is in none of the states `if_match`."""
        check_unchanged(self.if_match, node)

    async def patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try again while the node is held, for `baremetal.node_locked_patience`.

        Most holders are gone in a moment: a step's worker, a look at the power. Raises NodeLocked.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self.settings.node_locked_patience.total_seconds()
        while True:
            try:
                return await attempt()
            except NodeLocked:
                if loop.time() >= until:
                    raise
            await asyncio.sleep(LOOK_AGAIN_S)

    async def conductors(self) -> Membership:
        """Those alive, as they were a moment ago at most; never asked within a transaction."""
        return await self.acquaintance.members(self.shelves.database, self.settings)

    async def responsible_for(self, node: Node) -> str:
        """The conductor that the hash ring names. Raises Unavailable when there is none."""
        async with self.reading() as connection:
            members = await membership.read(connection, self.settings)
        return members.owner(node.uuid, node.driver, node.conductor_group)

    async def tell(self, node_uuid: str) -> None:
        """Tell the rooms that show nodes that this one changed."""
        await self.bus.publish(NODE_CHANGED, {"node_uuid": node_uuid})

    async def nudge(self, node: Node) -> None:
        """Tell the node's conductor that there is something to do, and the rest that it changed.

        Without a living conductor the work waits for the first one that comes.
        """
        await self.wake(Due(node.uuid, node.driver, node.conductor_group))
        await self.tell(node.uuid)

    async def wake(self, due: Due) -> None:
        """Tell the node's conductor only."""
        members = await self.conductors()
        with suppress(Unavailable):
            conductor = members.owner(due.node_uuid, due.driver, due.conductor_group)
            await self.bus.publish(topic_of(conductor), {"node_uuid": due.node_uuid})
