"""Allocations: ask for a machine, find one in the background, give it back."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.allocation import (
    Allocation,
    AllocationState,
    given_back,
    in_order,
    is_free,
    misfits,
    taken,
)
from bessemer.baremetal.domain.lease import NodeLocked
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.nodes import UPDATE_ALLOWED
from bessemer.baremetal.operations.records import Keeping, RecordPage, accept
from bessemer.baremetal.store import allocations
from bessemer.baremetal.store.allocations import ALLOCATIONS
from bessemer.clock import now
from bessemer.errors import BessemerError, Conflict, Invalid, NotFound
from bessemer.json_types import JsonObject

log = structlog.get_logger()

WANTED: Final = "baremetal.allocation.wanted"
"""The bus topic that says that there is an allocation to be carried out."""


@dataclass(frozen=True, slots=True)
class Allocations:
    """What can be done with them."""

    desk: Desk

    async def get(self, ident: str) -> Allocation:
        """By uuid or name. Raises NotFound."""
        return await self._plain.get(ident)

    async def list(self, page: RecordPage) -> list[Allocation]:
        """One page. Raises Invalid for an unknown marker."""
        return await self._plain.list(page)

    async def change(self, ident: str, alter: Callable[[Allocation], Allocation]) -> Allocation:
        """Apply `alter`. Raises NotFound, Invalid, Conflict."""
        return await self._plain.change(ident, alter)

    async def create(self, wanted: Allocation) -> Allocation:
        """Ask for a node; it is looked for in the background.

        Raises Invalid for unknown candidates, Conflict when uuid or name is taken.
        """
        if wanted.resource_class is None:
            raise Invalid("resource_class is needed, unless node names the one that is in use.")
        async with self.desk.shelves.database.write() as connection:
            known = await _with_uuids(connection, wanted)
            if await self.desk.shelves.nodes.find_by_instance(connection, wanted.uuid):
                raise Conflict(f"An instance with uuid {wanted.uuid} has a node already.")
            made = await ALLOCATIONS.add(connection, known)
        await self.desk.bus.publish(WANTED, {"allocation_uuid": made.uuid})
        return made

    async def backfill(self, node_ident: str, make: Callable[[Node], Allocation]) -> Allocation:
        """Write down the allocation of a node that is active already. Raises Invalid, Conflict."""
        try:
            async with self.desk.changing(node_ident) as (connection, node):
                wanted = await _with_uuids(connection, make(node))
                _check_backfill(node, wanted)
                active = replace(wanted, state=AllocationState.ACTIVE, node_uuid=node.uuid)
                made = await ALLOCATIONS.add(connection, active)
                await self.desk.shelves.nodes.update(connection, node, taken(node, made))
        except NotFound as error:
            raise Invalid(f"node: {error.message}") from None
        await self.desk.tell(node.uuid)
        return made

    async def delete(self, ident: str, check: Callable[[Allocation], None] = accept) -> None:
        """Give the node back. Raises NotFound, NodeLocked, Conflict while the node is in use."""
        async with self.desk.shelves.database.write() as connection:
            known = await ALLOCATIONS.get(connection, ident)
            check(known)
            if known.node_uuid is None:
                await ALLOCATIONS.remove(connection, known.uuid)
        if known.node_uuid is not None:
            await self._give_back(known, check)

    async def of_node(self, node_ident: str) -> Allocation:
        """The one that the node serves. Raises NotFound."""
        async with self.desk.reading() as connection:
            node = await self.desk.shelves.nodes.get(connection, node_ident)
            if node.allocation_uuid is None:
                raise NotFound(f"Node {node.uuid} has no allocation.")
            return await ALLOCATIONS.get(connection, node.allocation_uuid)

    async def _give_back(self, known: Allocation, check: Callable[[Allocation], None]) -> None:
        node_uuid = str(known.node_uuid)
        async with self.desk.changing(node_uuid) as (connection, node):
            check(await ALLOCATIONS.get(connection, known.uuid))
            if node.allocation_uuid == known.uuid:
                _check_release(node, known)
                await self.desk.shelves.nodes.update(connection, node, given_back(node))
            await ALLOCATIONS.remove(connection, known.uuid)
        await self.desk.tell(node_uuid)

    @property
    def _plain(self) -> Keeping[Allocation]:
        return Keeping(self.desk, ALLOCATIONS)


@dataclass(slots=True)
class Allocator:
    """Finds nodes for the allocations that wait; any number of them may work side by side.

    An allocation waits as a row, so one that a killed process left behind is taken up by the next
    round of whichever process lives.
    """

    desk: Desk
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def on_wanted(self, _message: JsonObject) -> None:
        """Somebody asked for a node."""
        await self.round()

    async def round(self) -> None:
        """See to every allocation that waits, one after another."""
        async with self._busy:
            async with self.desk.reading() as connection:
                found = await allocations.waiting(connection)
            for each in found:
                await self._see_to(each)

    async def _see_to(self, wanted: Allocation) -> None:
        try:
            await allocate(self.desk, wanted)
        except BessemerError as error:
            await _fail(self.desk, wanted, error.message)
        except Exception as error:
            log.exception("allocation.failed", allocation=wanted.uuid)
            await _fail(self.desk, wanted, f"unexpected {type(error).__name__}; the log has more")


async def allocate(desk: Desk, wanted: Allocation) -> None:
    """Find a node and take it, or write down why there is none.

    While all nodes that would do are held by others it stays as it is, until
    `allocation_patience` has passed since it was made; the next round tries again.
    """
    async with desk.reading() as connection:
        free = await allocations.free_nodes(connection, wanted)
    suitable = [(uuid, name) for uuid, name, traits in free if traits.issuperset(wanted.traits)]
    if not suitable:
        return await _fail(desk, wanted, _none_found(wanted, bool(free)))
    # In no order, so that allocations side by side do not all try the same node first.
    shuffled = random.sample(suitable, len(suitable))
    locked = 0
    for uuid in in_order(shuffled, wanted.name):
        try:
            if await _take(desk, wanted, uuid):
                return None
        except NodeLocked:
            locked += 1
        except (Conflict, NotFound):
            continue
    if not locked:
        return await _fail(desk, wanted, "All nodes that would do were taken meanwhile.")
    age = now() - (wanted.created_at or now())
    if age > desk.settings.allocation_patience:
        reason = f"Could not reserve any of {locked} nodes that would do: others hold them."
        return await _fail(desk, wanted, reason)
    return None


async def _take(desk: Desk, wanted: Allocation, node_uuid: str) -> bool:
    """Give the node to the allocation; False when the node is no longer free.

    True as well when the allocation needs no node any more. Raises NodeLocked, NotFound, Conflict.
    """
    active = replace(wanted, state=AllocationState.ACTIVE, node_uuid=node_uuid, last_error=None)
    async with desk.changing_now(node_uuid) as (connection, node):
        if not is_free(node) or misfits(node, wanted):
            return False
        if not await allocations.settle(connection, active):
            return True
        if not await desk.shelves.nodes.claim(connection, node_uuid, wanted.uuid):
            raise Conflict(f"Node {node_uuid} is not free any more.")
        await desk.shelves.nodes.update(connection, node, taken(node, wanted))
    log.info("allocation.active", allocation=wanted.uuid, node=node_uuid)
    await desk.tell(node_uuid)
    return True


async def _fail(desk: Desk, wanted: Allocation, reason: str) -> None:
    failed = wanted.failed(f"Failed to process allocation {wanted.uuid}: {reason}")
    async with desk.shelves.database.write() as connection:
        settled = await allocations.settle(connection, failed)
    if settled:
        log.warning("allocation.error", allocation=wanted.uuid, reason=reason)


async def _with_uuids(connection: AsyncConnection, wanted: Allocation) -> Allocation:
    """The allocation with its candidates by uuid, in the order given. Raises Invalid."""
    if not wanted.candidate_nodes:
        return wanted
    known = await allocations.uuids_of(connection, wanted.candidate_nodes)
    for ident in wanted.candidate_nodes:
        if ident not in known:
            raise Invalid(f"candidate_nodes: node {ident[:80]} could not be found.")
    uuids = dict.fromkeys(known[ident] for ident in wanted.candidate_nodes)
    return replace(wanted, candidate_nodes=tuple(uuids))


def _none_found(wanted: Allocation, of_class: bool) -> str:
    if of_class:
        return f"no suitable nodes have the requested traits {', '.join(wanted.traits)}"
    if wanted.candidate_nodes:
        return (
            "none of the requested nodes are available and match the resource class "
            f"{wanted.resource_class}"
        )
    return f"no available nodes match the resource class {wanted.resource_class}"


def _check_backfill(node: Node, wanted: Allocation) -> None:
    reasons = misfits(node, wanted)
    if node.provision_state is not State.ACTIVE:
        reasons.append(f"it is {node.provision_state}, not active")
    if node.allocation_uuid is not None:
        reasons.append(f"allocation {node.allocation_uuid} has it")
    if node.instance_uuid not in {None, wanted.uuid}:
        reasons.append(f"it carries instance {node.instance_uuid}")
    if reasons:
        raise Conflict(f"Cannot backfill an allocation for node {node.uuid}: {'; '.join(reasons)}.")


def _check_release(node: Node, allocation: Allocation) -> None:
    moving = node.target_provision_state is not None and node.provision_state not in UPDATE_ALLOWED
    if node.maintenance or not (moving or node.provision_state is State.ACTIVE):
        return
    raise Conflict(
        f"Cannot remove allocation {allocation.uuid}: node {node.uuid} is {node.provision_state}. "
        f"Tear it down first (openstack baremetal node undeploy {node.uuid}), or put it into "
        "maintenance."
    )
