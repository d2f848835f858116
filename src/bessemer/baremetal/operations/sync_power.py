"""Power sync: what BMCs report is held against what is recorded; silent ones are put aside."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import structlog

from bessemer.baremetal.domain.lease import NodeLocked
from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.provision.states import HOLDING, IN_MOTION, State
from bessemer.baremetal.interfaces.plugin import Unsupported
from bessemer.baremetal.operations import set_power
from bessemer.baremetal.operations.at_hardware import in_time
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.own_nodes import free_ones, own_uuids
from bessemer.baremetal.operations.pacing import Pace, each
from bessemer.baremetal.store import history
from bessemer.baremetal.store.seen_power import SeenPower, keep
from bessemer.baremetal.store.tables import nodes
from bessemer.clock import now
from bessemer.errors import BessemerError, NotFound

log = structlog.get_logger()

POWER_FAILURE: Final = "power failure"
AT_REST: Final = frozenset(State) - IN_MOTION - HOLDING - {State.ENROLL, State.ADOPT_FAILED}
"""States whose power is nobody else's business at the moment."""

_COMPLAINT: Final = "Power sync failed"
_PAGE: Final = 200
"""Nodes that are written at once."""
_ORDERS: Final = {Power.ON: PowerTarget.ON, Power.OFF: PowerTarget.OFF}


Report = asyncio.Queue[SeenPower | None]
"""What is to be written; None at the end."""


def complaint(count: int, reason: str) -> str:
    """The last error of a node whose power is not as it should be."""
    return f"{_COMPLAINT} {count} times in a row. {reason}."


def is_complaint(last_error: str | None) -> bool:
    """Whether a node's last error is one."""
    return last_error is not None and last_error.startswith(_COMPLAINT)


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
        uuids = await own_uuids(self.desk, conditions)
        self._failures = {uuid: self._failures.get(uuid, 0) for uuid in uuids}
        seen: Report = asyncio.Queue()
        keeping = asyncio.create_task(self._keep_all(seen))
        try:
            await self._each(
                free_ones(self.desk, uuids, conditions), partial(self._look, seen=seen)
            )
            seen.put_nowait(None)
            await keeping
        finally:
            keeping.cancel()

    async def recover(self) -> None:
        """Look at each node that was put aside; who answers again comes back to work."""
        conditions = (nodes.c.fault == POWER_FAILURE, nodes.c.maintenance.is_(True))
        aside = await own_uuids(self.desk, conditions)
        await self._each(free_ones(self.desk, aside, conditions), self._try_again)

    async def _each(
        self, found: AsyncIterator[Node], act: Callable[[Node], Awaitable[None]]
    ) -> None:
        async def one(node: Node) -> None:
            try:
                await act(node)
            except (NodeLocked, NotFound) as error:
                log.info("power.sync_skipped", node=node.uuid, why=error.message)
            except Exception:
                # One odd machine must not keep the others from being looked at.
                log.exception("power.sync_broke_off", node=node.uuid)

        settings = self.desk.settings
        pace = Pace(settings.power_sync_limit, settings.power_sync_per_second)
        await each(found, one, pace)

    async def _look(self, node: Node, seen: Report) -> None:
        try:
            report = await self._seen(node)
        except BessemerError as error:
            await self._failed(node, None, f"The BMC did not answer: {error.message}")
            return
        if report is None:
            return
        if await self._is_accepted(node, report):
            failed_before = self._failures[node.uuid] or is_complaint(node.last_error)
            self._failures[node.uuid] = 0
            if failed_before or (report.power, report.health) != (node.power_state, node.health):
                log.info("power.synchronised", node=node.uuid, is_now=report.power)
                seen.put_nowait(report)

    async def _seen(self, node: Node) -> SeenPower | None:
        plugins = self.desk.registry.interfaces_of(node)
        if not plugins.power.supports_power_sync(node):
            return None
        async with in_time(self.desk, node, "power sync"):
            power = await plugins.power.get_power_state(node)
            try:
                health = (await plugins.management.get_node_health(node)).value
            except Unsupported:
                health = None
        return SeenPower(node.uuid, power, health)

    async def _is_accepted(self, node: Node, seen: SeenPower) -> bool:
        """Whether what is seen is to be recorded; else the machine was told to go back."""
        recorded = node.power_state
        if recorded in {None, Power.ERROR, seen.power}:
            return True
        off_for_good = recorded is Power.OFF and node.disable_power_off
        if off_for_good or not self.desk.settings.force_power_state_during_sync:
            return True
        reason = f"It is {seen.power}, recorded is {recorded}, and it does not stay there"
        if not await self._failed(node, seen.power, reason):
            log.warning("power.switched_back", node=node.uuid, was=seen.power, to=recorded)
            order = await set_power.accept(self.desk, node.uuid, _ORDERS[recorded])
            await set_power.carry_out(self.desk, order)
        return False

    async def _failed(self, node: Node, power: Power | None, reason: str) -> bool:
        """Count; True when the node was put aside for it."""
        count = self._failures.get(node.uuid, 0) + 1
        self._failures[node.uuid] = count
        words = complaint(count, reason)
        if count > self.desk.settings.power_state_sync_max_retries:
            await self._put_aside(node, power, words)
            return True
        if power is None:
            await self._tell(node, words)
        return False

    async def _tell(self, node: Node, words: str) -> None:
        """What is wrong is to be seen before the node is put aside for it."""
        async with self.desk.changing_now(node.uuid) as (connection, present):
            told = replace(present, last_error=words)
            await self.desk.shelves.nodes.save_states(connection, told)
        await self.desk.tell(node.uuid)

    async def _keep_all(self, seen: Report) -> None:
        """Write what comes; all that has gathered meanwhile in one transaction."""
        last = await seen.get()
        while last is not None:
            gathered = [last]
            while len(gathered) < _PAGE and not seen.empty() and (last := seen.get_nowait()):
                gathered.append(last)
            async with self.desk.shelves.database.write() as connection:
                kept = await keep(connection, gathered, AT_REST, now())
            for uuid in kept:
                await self.desk.tell(uuid)
            if last is not None:
                last = await seen.get()

    async def _put_aside(self, node: Node, power: Power | None, reason: str) -> None:
        log.error("power.lost", node=node.uuid, reason=reason)
        async with self.desk.changing_now(node.uuid) as (connection, present):
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
        await self.desk.tell(node.uuid)

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
        async with self.desk.changing_now(node.uuid) as (connection, present):
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
        await self.desk.tell(node.uuid)
