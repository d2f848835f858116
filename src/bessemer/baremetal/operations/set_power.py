"""Power by request: accepted at once, carried out and read back in the background."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog

from bessemer.baremetal.domain import boot_order
from bessemer.baremetal.domain.lease import Lease, Span
from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.interfaces.power import Leg, PowerInterface
from bessemer.baremetal.operations.at_conductor import at_conductor
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store import history, leases
from bessemer.baremetal.store.tables import nodes
from bessemer.clock import now
from bessemer.errors import BessemerError, Conflict, HardwareFailure, Invalid

log = structlog.get_logger()

_POLL_S: Final = 0.5
_SLACK: Final = timedelta(seconds=10)
_REFUSED_IN: Final = frozenset({State.CLEANING, State.CLEAN_WAIT})
_SWITCHES_OFF: Final = frozenset({PowerTarget.OFF, PowerTarget.SOFT_OFF})


class PowerStateFailure(Conflict):
    """The node's operator does not let it be switched off."""


@dataclass(frozen=True, slots=True)
class PowerOrder:
    """An accepted wish. The node is held under `lease` until `carry_out` is done with it.

    `timeout`: what the machine may take to get to each state that it passes; None: the settings.
    """

    node: Node
    target: PowerTarget
    lease: Lease
    timeout: timedelta | None = None


@at_conductor()
async def order(
    desk: Desk, ident: str, target: PowerTarget, timeout: timedelta | None = None
) -> None:
    """Check and commit the wish; it is carried out afterwards. Raises as `accept` does."""
    desk.background.start(carry_out(desk, await accept(desk, ident, target, timeout)))


async def accept(
    desk: Desk, ident: str, target: PowerTarget, timeout: timedelta | None = None
) -> PowerOrder:
    """Check and commit the wish.

    Waits a little for a node that is held. Raises Invalid (state, driver), PowerStateFailure,
    NodeLocked, NotFound.
    """
    return await desk.patiently(lambda: _accept(desk, ident, target, timeout))


async def _accept(
    desk: Desk, ident: str, target: PowerTarget, timeout: timedelta | None
) -> PowerOrder:
    async with desk.shelves.database.write() as connection:
        node = await desk.shelves.nodes.get(connection, ident)
        desk.check(node)
        power = _checked(desk, node, target)
        way = power.legs(node, target)
        length = sum((_limit(desk, leg, timeout) for leg in way), _SLACK)
        span = Span(now(), length + desk.settings.ipmi_retry_timeout)
        owner = f"{desk.hostname}:api"
        lease = await leases.take(connection, node.uuid, owner, target, span)
        power.validate(node, ())
        wished = replace(node, target_power_state=way[-1].wanted, last_error=None)
        await desk.shelves.nodes.update(connection, node, wished)
    return PowerOrder(node, target, lease, timeout)


async def carry_out(desk: Desk, order: PowerOrder) -> None:
    """Do it; the result or the error is on the node afterwards."""
    node, error = order.node, None
    try:
        power = desk.registry.interfaces_of(node).power
        try:
            for leg in power.legs(node, order.target):
                await _travel(power, node, leg, _limit(desk, leg, order.timeout))
        except BessemerError as problem:
            error = f"Failed to reach {order.target}: {problem.message}"
            log.error("power.failed", node=node.uuid, reason=error)
        await _record(desk, node, power, error)
    finally:
        async with desk.shelves.database.write() as connection:
            await leases.release(connection, order.lease)
    await desk.tell(node.uuid)


async def forget_lost_orders(desk: Desk) -> None:
    """At a start: nobody carries out any more what a former process had accepted."""
    async with desk.shelves.database.write() as connection:
        awaited = [nodes.c.target_power_state.is_not(None)]
        found = await desk.shelves.nodes.list(connection, awaited)
        held = await leases.holders(connection, [node.uuid for node in found], now())
        for node in found:
            if node.uuid in held:
                continue
            words = f"The service ended before it saw the node reach {node.target_power_state}."
            lost = replace(node, target_power_state=None, last_error=words)
            await desk.shelves.nodes.save_states(connection, lost)


def _checked(desk: Desk, node: Node, target: PowerTarget) -> PowerInterface:
    if node.provision_state in _REFUSED_IN:
        raise Invalid(
            f'The requested action "{target}" can not be performed on node {node.uuid} while it '
            f'is in state "{node.provision_state}".'
        )
    if node.disable_power_off and target in _SWITCHES_OFF:
        raise PowerStateFailure(
            f"Node {node.uuid} is never switched off: its disable_power_off is set. To start it "
            f"anew: openstack baremetal node reboot {node.uuid}."
        )
    power = desk.registry.interfaces_of(node).power
    possible = power.supported_power_states(node)
    if target not in possible:
        raise Invalid(
            f"The power interface of driver {node.driver} does not support {target} "
            f"(node {node.uuid}); possible: {', '.join(possible) or 'nothing'}."
        )
    return power


def _limit(desk: Desk, leg: Leg, timeout: timedelta | None) -> timedelta:
    settings = desk.settings
    soft = leg.order is PowerTarget.SOFT_OFF
    standard = (
        settings.soft_power_state_change_timeout if soft else settings.power_state_change_timeout
    )
    return timeout or standard


async def _travel(power: PowerInterface, node: Node, leg: Leg, limit: timedelta) -> None:
    ordered = False
    try:
        async with asyncio.timeout(limit.total_seconds()):
            while not await power.approach(node, leg, ordered=ordered):
                ordered = True
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        did = f"accepted {leg.order}, but did not" if ordered else "did not take the order nor"
        raise HardwareFailure(
            f"the BMC {did} report {leg.wanted} within {limit.total_seconds():g} s."
        ) from None


async def _record(desk: Desk, node: Node, power: PowerInterface, error: str | None) -> None:
    try:
        async with asyncio.timeout(desk.settings.ipmi_retry_timeout.total_seconds()):
            state: Power | None = await power.get_power_state(node)
    except (BessemerError, TimeoutError):
        state = Power.ERROR
    async with desk.shelves.database.write() as connection:
        fresh = await desk.shelves.nodes.get(connection, node.uuid)
        done = replace(fresh, power_state=state, target_power_state=None, last_error=error)
        if state is Power.ON:
            done = boot_order.started(done)
        await desk.shelves.nodes.update(connection, fresh, done)
        if error is not None:
            await history.record(
                connection, done, error, event_type="power", conductor=desk.hostname
            )
