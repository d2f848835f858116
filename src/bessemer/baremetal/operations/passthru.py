"""Vendor methods by request: found by name, checked, then run at once or in the background."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.interfaces.vendor import Passthru, VendorInterface, chosen
from bessemer.baremetal.operations.at_conductor import at_conductor
from bessemer.baremetal.operations.at_hardware import at_hardware, in_time, keep, node_and_plugins
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store import history
from bessemer.errors import BessemerError
from bessemer.json_types import Json

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wanted:
    """One call: the vendor method, the HTTP verb that it came with, and its arguments."""

    method: str
    http_method: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What a call came to. `row.async_call`: it goes on in the background, without a reply."""

    row: Passthru
    reply: Json = None


@at_conductor()
async def methods(desk: Desk, ident: str) -> Mapping[str, Passthru]:
    """What may be called on the node. Raises NotFound."""
    _, plugins = await node_and_plugins(desk, ident)
    return plugins.vendor.passthru_methods()


@at_conductor()
async def call(desk: Desk, ident: str, wanted: Wanted) -> Result:
    """Raises Invalid (no such method, verb or arguments), NodeLocked, NotFound; of a call that is
    answered at once also Transient and HardwareFailure."""
    node, plugins = await node_and_plugins(desk, ident)
    desk.check(node)
    row = chosen(plugins.vendor.passthru_methods(), wanted.method, wanted.http_method)
    plugins.vendor.validate_method(node, row.name, wanted.body)
    if not row.async_call:
        async with _ready(desk, node, row) as (held, vendor):
            return Result(row, await vendor.call(held, row, wanted.body))
    accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    desk.background.start(_run_later(desk, node, row, wanted, accepted))
    await accepted
    return Result(row)


@asynccontextmanager
async def _ready(
    desk: Desk, node: Node, row: Passthru
) -> AsyncIterator[tuple[Node, VendorInterface]]:
    purpose = f"vendor method {row.name}"
    if row.require_exclusive_lock:
        async with at_hardware(desk, node.uuid, purpose) as (held, plugins):
            yield held, plugins.vendor
    else:
        async with in_time(desk, node, purpose):
            yield node, desk.registry.interfaces_of(node).vendor


async def _run_later(
    desk: Desk, node: Node, row: Passthru, wanted: Wanted, accepted: asyncio.Future[None]
) -> None:
    """`accepted` is settled once the node is held, or with the reason why it cannot be."""
    try:
        async with _ready(desk, node, row) as (held, vendor):
            if not accepted.done():
                accepted.set_result(None)
            await vendor.call(held, row, wanted.body)
    except BessemerError as error:
        if accepted.done():
            await _complain(desk, node, row, error)
        else:
            accepted.set_exception(error)
    except BaseException as fault:
        if not accepted.done():
            accepted.set_exception(fault)
        raise


async def _complain(desk: Desk, node: Node, row: Passthru, error: BessemerError) -> None:
    reason = f"Vendor method {row.name} failed: {error.message}"
    log.error("passthru.failed", node=node.uuid, reason=reason)
    changed = await keep(desk, node.uuid, last_error=reason)
    async with desk.shelves.database.write() as connection:
        await history.record(
            connection, changed, reason, event_type="vendor", conductor=desk.hostname
        )
