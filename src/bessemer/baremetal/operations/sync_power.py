"""Power sync: what the BMCs say becomes what we know; a BMC that stays silent puts its node aside."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from bessemer.baremetal.domain.node import Node, Power
from bessemer.baremetal.domain.provision.states import STABLE, State
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.public import NODE_CHANGED
from bessemer.baremetal.store import history
from bessemer.baremetal.store.tables import nodes
from bessemer.errors import BessemerError

log = structlog.get_logger()

MAX_RETRIES: Final = 3
"""Failed looks in a row after which a node is put into maintenance with fault `power failure`."""

WORKERS: Final = 8


@dataclass(slots=True)
class PowerSync:
    """One round looks at every node that is at rest; failures are counted between rounds."""

    desk: Desk
    _failures: dict[str, int] = field(default_factory=dict)

    async def round(self) -> None:
        """Look at each node once."""
        resting = nodes.c.provision_state.in_(STABLE - {State.ENROLL})
        async with self.desk.reading() as connection:
            found = await self.desk.shelves.nodes.list(connection, [resting])
        limit = asyncio.Semaphore(WORKERS)

        async def look(node: Node) -> None:
            async with limit:
                await self._look(node)

        wanted = (n for n in found if not n.maintenance or n.fault == "power failure")
        await asyncio.gather(*(look(node) for node in wanted if node.target_power_state is None))

    async def _look(self, node: Node) -> None:
        try:
            state = await self.desk.registry.interfaces_of(node).power.get_power_state(node)
        except BessemerError as error:
            self._failures[node.uuid] = self._failures.get(node.uuid, 0) + 1
            if self._failures[node.uuid] == MAX_RETRIES:
                await self._put_aside(node, error)
            return
        self._failures.pop(node.uuid, None)
        if state is not node.power_state or node.fault == "power failure":
            await self._keep(node, state)

    async def _keep(self, node: Node, state: Power) -> None:
        log.info("power.synchronised", node=node.uuid, was=node.power_state, is_now=state)
        async with self.desk.shelves.database.write() as connection:
            present = await self.desk.shelves.nodes.get(connection, node.uuid)
            if present.provision_state is not node.provision_state:
                return
            seen = replace(present, power_state=state)
            if present.fault == "power failure":
                seen = replace(
                    seen, fault=None, maintenance=False, maintenance_reason=None, last_error=None
                )
            await self.desk.shelves.nodes.save_states(connection, seen)
        await self.desk.bus.publish(NODE_CHANGED, {"node_uuid": node.uuid})

    async def _put_aside(self, node: Node, error: BessemerError) -> None:
        reason = f"The BMC did not answer {MAX_RETRIES} times in a row: {error.message}"
        log.error("power.lost", node=node.uuid, reason=reason)
        async with self.desk.shelves.database.write() as connection:
            present = await self.desk.shelves.nodes.get(connection, node.uuid)
            aside = replace(
                present,
                power_state=None,
                maintenance=True,
                maintenance_reason=reason,
                fault="power failure",
                last_error=reason,
            )
            await self.desk.shelves.nodes.save_states(connection, aside)
            await history.record(
                connection, aside, reason, event_type="power sync", conductor=self.desk.hostname
            )
