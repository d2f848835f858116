"""Power sync: what BMCs report is held against what is recorded; silent ones are put aside."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import structlog
from sqlalchemy import ColumnElement

from bessemer.baremetal.conductor import membership
from bessemer.baremetal.domain.lease import NodeLocked
from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.provision.states import HOLDING, IN_MOTION, STABLE, State
from bessemer.baremetal.interfaces.plugin import Unsupported
from bessemer.baremetal.operations import set_power
from bessemer.baremetal.operations.at_hardware import in_time
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.public import NODE_CHANGED
from bessemer.baremetal.store import history, leases
from bessemer.baremetal.store.tables import nodes
from bessemer.clock import now
from bessemer.errors import BessemerError, NotFound, Unavailable

log = structlog.get_logger()

POWER_FAILURE: Final = "power failure"
WORKERS: Final = 8
AT_REST: Final = frozenset(State) - IN_MOTION - HOLDING - {State.ENROLL, State.ADOPT_FAILED}
"""States whose power is nobody else's business at the moment."""

_ORDERS: Final = {Power.ON: PowerTarget.ON, Power.OFF: PowerTarget.OFF}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a BMC reports. `health` None: it does not tell."""

    power: Power
    health: str | None


@dataclass(slots=True)
class PowerSync:
    """One round looks at every node of this conductor that is at rest.

    Failures in a row are counted between rounds; a restart begins to count anew.
    """

    desk: Desk
    _failures: dict[str, int] = field(default_factory=dict)

    async def round(self) -> None:
        """Look at each node once; switch back or record what is not as it was."""
        conditions = (
            nodes.c.provision_state.in_(AT_REST),
            nodes.c.maintenance.is_(False),
            nodes.c.target_power_state.is_(None),
        )
        found = await self._mine(conditions)
        self._failures = {n.uuid: self._failures.get(n.uuid, 0) for n in found}
        await self._each(found, self._look)

    async def recover(self) -> None:
        """Look at each node that was put aside; who answers again comes back to work."""
        conditions = (nodes.c.fault == POWER_FAILURE, nodes.c.maintenance.is_(True))
        await self._each(await self._mine(conditions), self._try_again)

    async def _mine(self, conditions: Sequence[ColumnElement[bool]]) -> list[Node]:
        desk = self.desk
        async with desk.reading() as connection:
            found = await desk.shelves.nodes.list(connection, conditions)
            members = await membership.read(connection, desk.settings)
            held = await leases.holders(connection, [node.uuid for node in found], now())

        def mine(node: Node) -> bool:
            try:
                owner = members.owner(node.uuid, node.driver, node.conductor_group)
            except Unavailable:
                return False
            return owner == desk.hostname

        return [node for node in found if node.uuid not in held and mine(node)]

    async def _each(self, found: Sequence[Node], act: Callable[[Node], Awaitable[None]]) -> None:
        limit = asyncio.Semaphore(WORKERS)

        async def one(node: Node) -> None:
            async with limit:
                try:
                    await act(node)
                except (NodeLocked, NotFound) as error:
                    log.info("power.sync_skipped", node=node.uuid, why=error.message)

        await asyncio.gather(*(one(node) for node in found))

    async def _look(self, node: Node) -> None:
        try:
            seen = await self._seen(node)
        except BessemerError as error:
            await self._failed(node, None, f"The BMC did not answer: {error.message}")
            return
        if seen is None:
            return
        known = node.power_state not in {None, Power.ERROR}
        if known and seen.power is not node.power_state:
            await self._differs(node, seen)
        else:
            self._failures[node.uuid] = 0
            await self._keep(node, seen)

    async def _seen(self, node: Node) -> Seen | None:
        plugins = self.desk.registry.interfaces_of(node)
        if not plugins.power.supports_power_sync(node):
            return None
        async with in_time(self.desk, node, "power sync"):
            power = await plugins.power.get_power_state(node)
            try:
                health = (await plugins.management.get_node_health(node)).value
            except Unsupported:
                health = None
        return Seen(power, health)

    async def _differs(self, node: Node, seen: Seen) -> None:
        recorded = node.power_state
        off_for_good = recorded is Power.OFF and node.disable_power_off
        if recorded is None or off_for_good or not self.desk.settings.force_power_state_during_sync:
            await self._keep(node, seen)
            return
        reason = f"It is {seen.power}, recorded is {recorded}, and it does not stay there"
        if await self._failed(node, seen.power, reason):
            return
        log.warning("power.switched_back", node=node.uuid, was=seen.power, to=recorded)
        order = await set_power.accept(self.desk, node.uuid, _ORDERS[recorded])
        await set_power.carry_out(self.desk, order)

    async def _failed(self, node: Node, power: Power | None, reason: str) -> bool:
        """Count; True when the node was put aside for it."""
        count = self._failures.get(node.uuid, 0) + 1
        self._failures[node.uuid] = count
        if count <= self.desk.settings.power_state_sync_max_retries:
            return False
        await self._put_aside(node, power, f"Power sync failed {count} times in a row. {reason}.")
        return True

    async def _keep(self, node: Node, seen: Seen) -> None:
        if (seen.power, seen.health) == (node.power_state, node.health):
            return
        log.info("power.synchronised", node=node.uuid, was=node.power_state, is_now=seen.power)
        async with self.desk.changing(node.uuid, "power sync") as (connection, present):
            if present.provision_state not in AT_REST:
                return
            kept = replace(present, power_state=seen.power, health=seen.health)
            if present.provision_state in STABLE:
                kept = replace(kept, last_error=None)
            await self.desk.shelves.nodes.save_states(connection, kept)
        await self.desk.bus.publish(NODE_CHANGED, {"node_uuid": node.uuid})

    async def _put_aside(self, node: Node, power: Power | None, reason: str) -> None:
        log.error("power.lost", node=node.uuid, reason=reason)
        async with self.desk.changing(node.uuid, "power sync") as (connection, present):
            aside = replace(
                present,
                power_state=power,
                maintenance=True,
                maintenance_reason=reason,
                fault=POWER_FAILURE,
                last_error=reason,
            )
            await self.desk.shelves.nodes.save_states(connection, aside)
            await history.record(
                connection, aside, reason, event_type="power sync", conductor=self.desk.hostname
            )
        await self.desk.bus.publish(NODE_CHANGED, {"node_uuid": node.uuid})

    async def _try_again(self, node: Node) -> None:
        try:
            self.desk.registry.interfaces_of(node).power.validate(node, ())
            seen = await self._seen(node)
        except BessemerError as error:
            log.info("power.still_lost", node=node.uuid, why=error.message)
            return
        if seen is None:
            return
        log.info("power.recovered", node=node.uuid, is_now=seen.power)
        async with self.desk.changing(node.uuid, "power recovery") as (connection, present):
            if present.fault != POWER_FAILURE:
                return
            well = replace(
                present,
                power_state=seen.power,
                health=seen.health,
                maintenance=False,
                maintenance_reason=None,
                fault=None,
                last_error=None,
            )
            await self.desk.shelves.nodes.save_states(connection, well)
        await self.desk.bus.publish(NODE_CHANGED, {"node_uuid": node.uuid})
