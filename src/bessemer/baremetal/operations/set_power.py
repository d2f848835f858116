"""Power by request: accepted at once, carried out and read back in the background."""

import asyncio
from dataclasses import replace
from typing import Final

import structlog

from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.interfaces.power import PowerInterface
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.public import NODE_CHANGED
from bessemer.baremetal.store import history
from bessemer.errors import BessemerError, Conflict, HardwareFailure, Invalid

log = structlog.get_logger()

_POLL_S: Final = 0.5

SEQUENCE: Final = {
    PowerTarget.ON: ((PowerTarget.ON, Power.ON),),
    PowerTarget.OFF: ((PowerTarget.OFF, Power.OFF),),
    PowerTarget.REBOOT: ((PowerTarget.OFF, Power.OFF), (PowerTarget.ON, Power.ON)),
    PowerTarget.SOFT_OFF: ((PowerTarget.SOFT_OFF, Power.OFF),),
    PowerTarget.SOFT_REBOOT: ((PowerTarget.SOFT_OFF, Power.OFF), (PowerTarget.ON, Power.ON)),
}
"""Per target: orders to the BMC, and the state to wait for after each."""


async def accept(desk: Desk, ident: str, target: PowerTarget) -> Node:
    """Check and commit the wish; `carry_out` does it. Raises Invalid, NodeLocked, NotFound."""
    async with desk.changing(ident, target) as (connection, node):
        if node.provision_state in {State.CLEANING, State.CLEAN_WAIT}:
            raise Invalid(
                f'The requested action "{target}" can not be performed on node {node.uuid} while it '
                f'is in state "{node.provision_state}".'
            )
        if node.target_power_state is not None:
            raise Conflict(f"Node {node.uuid} is already on its way to {node.target_power_state}.")
        wished = replace(node, target_power_state=SEQUENCE[target][-1][1], last_error=None)
        await desk.shelves.nodes.save_states(connection, wished)
    return node


async def carry_out(desk: Desk, node_uuid: str, target: PowerTarget) -> None:
    """Do it, under a lease; the result or the error is on the node afterwards."""
    length = desk.settings.power_state_change_timeout * 3 + desk.settings.ipmi_retry_timeout
    async with desk.holding(node_uuid, target, length) as node:
        power = desk.registry.interfaces_of(node).power
        error = None
        try:
            for order, wanted in SEQUENCE[target]:
                await _reach(power, node, order, wanted)
        except BessemerError as problem:
            error = f"Failed to reach {target}: {problem.message}"
            log.error("power.failed", node=node_uuid, reason=error)
        await _record(desk, node, power, error)
    await desk.bus.publish(NODE_CHANGED, {"node_uuid": node_uuid})


async def _reach(power: PowerInterface, node: Node, order: PowerTarget, wanted: Power) -> None:
    if await power.get_power_state(node) is wanted:
        return
    await power.switch(node, order)
    try:
        async with asyncio.timeout(power.change_timeout.total_seconds()):
            while await power.get_power_state(node) is not wanted:  # noqa: ASYNC110 - a BMC has no events
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise HardwareFailure(
            f"the BMC accepted {order}, but did not report {wanted} within "
            f"{power.change_timeout.total_seconds():.0f} s."
        ) from None


async def _record(desk: Desk, node: Node, power: PowerInterface, error: str | None) -> None:
    try:
        state: Power | None = await power.get_power_state(node)
    except BessemerError:
        state = Power.ERROR
    async with desk.shelves.database.write() as connection:
        fresh = await desk.shelves.nodes.get(connection, node.uuid)
        done = replace(fresh, power_state=state, target_power_state=None, last_error=error)
        await desk.shelves.nodes.save_states(connection, done)
        if error is not None:
            await history.record(
                connection, done, error, event_type="power", conductor=desk.hostname
            )
