"""Power: on, off, and what the BMC says it is; with the steps that every flow uses."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from bessemer.baremetal.domain import boot_order
from bessemer.baremetal.domain.node import InterfaceKind, Node, Power, PowerTarget
from bessemer.baremetal.domain.provision.work import Done, Outcome, Signal, WaitFor
from bessemer.baremetal.interfaces.plugin import Plugin, step
from bessemer.baremetal.interfaces.task import Task

LOOK_AGAIN: Final = timedelta(milliseconds=300)


@dataclass(frozen=True, slots=True)
class Leg:
    """One order to a BMC, and the state to wait for after it.

    `always`: give the order although the BMC reports that state already (a reset).
    """

    order: PowerTarget
    wanted: Power
    always: bool = False


_ON: Final = Leg(PowerTarget.ON, Power.ON)
_OFF: Final = Leg(PowerTarget.OFF, Power.OFF)
_SOFT_OFF: Final = Leg(PowerTarget.SOFT_OFF, Power.OFF)
_RESET: Final = Leg(PowerTarget.REBOOT, Power.ON, always=True)
_LEGS: Final = {
    PowerTarget.ON: (_ON,),
    PowerTarget.OFF: (_OFF,),
    PowerTarget.REBOOT: (_OFF, _ON),
    PowerTarget.SOFT_OFF: (_SOFT_OFF,),
    PowerTarget.SOFT_REBOOT: (_SOFT_OFF, _ON),
}
RESET_DUE: Final = "reset_due"
"""In driver_internal_info: the machine was to go off, does not, and starts anew with the next on."""
_OFF_AND_ON: Final = frozenset({PowerTarget.OFF, PowerTarget.ON})


class PowerInterface(Plugin):
    """Switches a node. Every method may raise Transient (try again) or HardwareFailure."""

    kind: ClassVar = InterfaceKind.POWER

    @abstractmethod
    async def get_power_state(self, node: Node) -> Power:
        """What the BMC reports now."""

    @abstractmethod
    async def switch(self, node: Node, target: PowerTarget) -> None:
        """Return once the BMC accepted the order; it may not be carried out yet."""

    @property
    @abstractmethod
    def change_timeout(self) -> timedelta:
        """How long the BMC may take until it reports the ordered state."""

    def supported_power_states(self, node: Node) -> tuple[PowerTarget, ...]:
        """What may be asked of this node."""
        return tuple(PowerTarget)

    def has_switch(self, node: Node) -> bool:
        """Whether it can be switched off and on again."""
        return frozenset(self.supported_power_states(node)) >= _OFF_AND_ON

    def goes_off(self, node: Node) -> bool:
        """Whether it has a switch that may be used: what has not is started anew instead."""
        return self.has_switch(node) and not node.disable_power_off

    def legs(self, node: Node, target: PowerTarget) -> tuple[Leg, ...]:
        """The way to a target. A node that is never switched off is reset instead."""
        way = _LEGS[target]
        return way if len(way) == 1 or self.goes_off(node) else (_RESET,)

    def supports_power_sync(self, node: Node) -> bool:
        """Whether the reported state is worth looking at from time to time."""
        return True

    @step("verify")
    async def verify(self, task: Task) -> Outcome:
        """See that the BMC answers to its credentials."""
        state = await self.get_power_state(task.node)
        await task.saw_power(state)
        return Done(f"the BMC reports {state}")

    async def approach(self, node: Node, leg: Leg, *, ordered: bool) -> bool:
        """One look on the way: True once the BMC reports what is wanted.

        Gives the order, unless it was given before (`ordered`), and looks whether it is done at once.
        """
        if (ordered or not leg.always) and await self.get_power_state(node) is leg.wanted:
            return True
        if ordered:
            return False
        await self.switch(node, leg.order)
        return not leg.always and await self.get_power_state(node) is leg.wanted

    @step("deploy", "clean", "service")
    async def power_on(self, task: Task) -> Outcome:
        """Switch on and see that the BMC says so; a machine that could not go off starts anew."""
        if task.node.driver_internal_info.get(RESET_DUE):
            return await self._reach(task, _RESET.wanted, _RESET.order)
        return await self._reach(task, Power.ON, PowerTarget.ON)

    @step("deploy", "clean", "service")
    async def power_off(self, task: Task) -> Outcome:
        """Switch off and see that the BMC says so."""
        if not self.goes_off(task.node):
            await task.save(task.node.with_internal(**{RESET_DUE: True}))
            why = "disable_power_off is set" if task.node.disable_power_off else "it has no switch"
            return Done(f"the machine stays on until it is to start anew: {why}")
        return await self._reach(task, Power.OFF, PowerTarget.OFF)

    async def _reach(self, task: Task, wanted: Power, order: PowerTarget) -> Outcome:
        leg = Leg(order, wanted, always=order is PowerTarget.REBOOT)
        if await self.approach(task.node, leg, ordered=bool(task.work.memo.get("ordered"))):
            await task.saw_power(wanted)
            if wanted is Power.ON:
                await keep_start(task)
            return Done(f"the BMC reports {wanted}")
        if not task.work.memo.get("ordered"):
            await task.note(ordered=True)
        return WaitFor(
            Signal.TIMER,
            self.change_timeout,
            f"the BMC accepted {order}, but does not report {wanted}",
            look_again=LOOK_AGAIN,
        )


async def keep_start(task: Task) -> None:
    """Forget what held until the machine's next start, which is now."""
    started = boot_order.started(task.node).with_internal(**{RESET_DUE: None})
    if started != task.node:
        await task.save(started)
