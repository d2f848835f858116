"""Power: on, off, and what the BMC says it is; with the steps that every flow uses."""

from abc import abstractmethod
from datetime import timedelta
from typing import ClassVar, Final

from bessemer.baremetal.domain.node import InterfaceKind, Node, Power, PowerTarget
from bessemer.baremetal.domain.provision.work import Done, Outcome, Signal, WaitFor
from bessemer.baremetal.interfaces.plugin import Plugin, step
from bessemer.baremetal.interfaces.task import Task

LOOK_AGAIN: Final = timedelta(milliseconds=300)


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

    def supports_power_sync(self, node: Node) -> bool:
        """Whether the reported state is worth looking at from time to time."""
        return True

    @step("verify")
    async def verify(self, task: Task) -> Outcome:
        """See that the BMC answers to its credentials."""
        state = await self.get_power_state(task.node)
        await task.saw_power(state)
        return Done(f"the BMC reports {state}")

    @step("deploy", "clean", "service")
    async def power_on(self, task: Task) -> Outcome:
        """Switch on and see that the BMC says so."""
        return await self._reach(task, Power.ON, PowerTarget.ON)

    @step("deploy", "clean", "service")
    async def power_off(self, task: Task) -> Outcome:
        """Switch off and see that the BMC says so."""
        return await self._reach(task, Power.OFF, PowerTarget.OFF)

    async def _reach(self, task: Task, wanted: Power, order: PowerTarget) -> Outcome:
        if await self.get_power_state(task.node) is wanted:
            await task.saw_power(wanted)
            return Done(f"the BMC reports {wanted}")
        if not task.work.memo.get("ordered"):
            await self.switch(task.node, order)
            await task.note(ordered=True)
        return WaitFor(
            Signal.TIMER,
            self.change_timeout,
            f"the BMC accepted {order}, but does not report {wanted}",
            look_again=LOOK_AGAIN,
        )
