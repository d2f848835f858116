"""Consoles by request. `console_enabled` is the wish; the keeper sees that it comes true."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import ColumnElement

from bessemer.baremetal.conductor import membership
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.interfaces.console import ConsoleInfo
from bessemer.baremetal.operations.at_conductor import at_conductor
from bessemer.baremetal.operations.at_hardware import at_hardware, in_time, keep, node_and_plugins
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store.tables import nodes
from bessemer.errors import BessemerError, Conflict, Unavailable
from bessemer.json_types import JsonObject

log = structlog.get_logger()

SWITCHED: Final = "baremetal.console.switched"
"""Bus topic: a console was started or stopped; messages hold `node_uuid`."""


@at_conductor()
async def switch(desk: Desk, ident: str, *, on: bool) -> None:
    """Raises Invalid (Unsupported, what driver_info lacks), NodeLocked, NotFound, Transient,
    HardwareFailure; then nothing is changed."""
    purpose = f"{'starting' if on else 'stopping'} the console"
    async with at_hardware(desk, ident, purpose) as (node, plugins):
        plugins.console.validate(node, ())
        if on:
            await plugins.console.start_console(node)
        else:
            await plugins.console.stop_console(node)
        await keep(desk, node.uuid, console_enabled=on)
        await desk.bus.publish(SWITCHED, {"node_uuid": node.uuid})


@at_conductor()
async def find(desk: Desk, ident: str) -> ConsoleInfo | None:
    """Where it is; None when it is off. Raises Unsupported, NotFound."""
    node, plugins = await node_and_plugins(desk, ident)
    plugins.console.validate(node, ())
    if not node.console_enabled:
        return None
    try:
        return await plugins.console.get_console(node)
    except Conflict:
        return None


@dataclass(slots=True)
class ConsoleKeeper:
    """Starts what shall run and does not, stops what runs and shall not, on this conductor.

    After a restart, consoles come back; consoles of nodes that are torn down or gone end.
    """

    desk: Desk
    _running: dict[str, Node] = field(default_factory=dict)

    async def round(self) -> None:
        """See to all nodes."""
        mine = await self._mine([nodes.c.console_enabled])
        for uuid in [uuid for uuid in self._running if uuid not in mine]:
            await self._stop(self._running.pop(uuid))
        for node in mine.values():
            await self._start(node)

    async def on_change(self, message: JsonObject) -> None:
        """A node changed: see to it if its console runs."""
        if message["node_uuid"] in self._running:
            await self.on_switched(message)

    async def on_switched(self, message: JsonObject) -> None:
        """See to one node."""
        uuid = message["node_uuid"]
        mine = await self._mine([nodes.c.uuid == uuid, nodes.c.console_enabled])
        if uuid in mine:
            self._running[uuid] = mine[uuid]
        elif uuid in self._running:
            await self._stop(self._running.pop(uuid))

    async def stop(self) -> None:
        """End them all; the wishes stay."""
        while self._running:
            await self._stop(self._running.popitem()[1])

    async def _mine(self, conditions: Sequence[ColumnElement[bool]]) -> dict[str, Node]:
        async with self.desk.reading() as connection:
            found = await self.desk.shelves.nodes.list(connection, conditions)
            if not found:
                return {}
            members = await membership.read(connection, self.desk.settings)
        return {node.uuid: node for node in found if self._is_mine(members, node)}

    def _is_mine(self, members: membership.Membership, node: Node) -> bool:
        with suppress(Unavailable):
            return self.desk.hostname == members.owner(node.uuid, node.driver, node.conductor_group)
        return False

    async def _start(self, node: Node) -> None:
        self._running[node.uuid] = node
        try:
            async with in_time(self.desk, node, "starting the console"):
                await self.desk.registry.interfaces_of(node).console.start_console(node)
        except BessemerError as error:
            log.error("console.failed", node=node.uuid, why=error.message)

    async def _stop(self, node: Node) -> None:
        try:
            async with in_time(self.desk, node, "stopping the console"):
                await self.desk.registry.interfaces_of(node).console.stop_console(node)
        except BessemerError as error:
            log.warning("console.not_stopped", node=node.uuid, why=error.message)
