"""A talk with a node's hardware on somebody's request: the node is held, and the time is bounded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.interfaces.registry import NodeInterfaces
from bessemer.baremetal.operations.desk import Desk
from bessemer.errors import Transient

_LEASE_OUTLIVES_TALK: Final = timedelta(seconds=10)


@asynccontextmanager
async def at_hardware(
    desk: Desk, ident: str, purpose: str
) -> AsyncIterator[tuple[Node, NodeInterfaces]]:
    """The node and its plug-ins, held for as long as the body runs.

    Raises NotFound, NodeLocked; Transient after `bmc_request_timeout`.
    """
    length = desk.settings.bmc_request_timeout + _LEASE_OUTLIVES_TALK
    async with desk.holding(ident, purpose, length) as node, in_time(desk, node, purpose):
        yield node, desk.registry.interfaces_of(node)


@asynccontextmanager
async def in_time(desk: Desk, node: Node, purpose: str) -> AsyncIterator[None]:
    """Stop the body after `bmc_request_timeout`: Transient."""
    limit_s = desk.settings.bmc_request_timeout.total_seconds()
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError:
        raise Transient(
            f"The hardware of node {node.uuid} gave no answer to {purpose} within {limit_s:g} s; "
            "it may still do what it was told. Look at the BMC and try again."
        ) from None


async def keep(desk: Desk, node_uuid: str, **states: Any) -> Node:
    """Write states of a node that the caller holds, and tell those who watch it."""
    async with desk.shelves.database.write() as connection:
        present = await desk.shelves.nodes.get(connection, node_uuid)
        changed = replace(present, **states)
        await desk.shelves.nodes.save_states(connection, changed)
    await desk.tell(node_uuid)
    return changed


async def node_and_plugins(desk: Desk, ident: str) -> tuple[Node, NodeInterfaces]:
    """For what needs no talk with the hardware. Raises NotFound."""
    async with desk.reading() as connection:
        node = await desk.shelves.nodes.get(connection, ident)
    return node, desk.registry.interfaces_of(node)
