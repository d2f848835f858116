"""Power of fake machines, kept in this process."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bessemer import clock
from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Outcome
from bessemer.baremetal.drivers.fake.play import Now, ask_bmc, played, script_of
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.power import PowerInterface
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid

_REACHES = {
    PowerTarget.ON: Power.ON,
    PowerTarget.OFF: Power.OFF,
    PowerTarget.SOFT_OFF: Power.OFF,
    PowerTarget.REBOOT: Power.ON,
}


@dataclass(frozen=True, slots=True)
class _Machine:
    """Reports `before` until `since`, then `after`."""

    before: Power
    after: Power
    since: datetime

    def reports(self, moment: datetime) -> Power:
        return self.after if moment >= self.since else self.before


class FakePower(PowerInterface):
    """Named "fake". A machine unknown to this process is as its node's `power_state` says, else off."""

    def __init__(self, settings: BareMetalSettings, now: Now = clock.now) -> None:
        self._settings = settings
        self._now = now
        self._machines: dict[str, _Machine] = {}

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        script_of(node)

    @property
    def change_timeout(self) -> timedelta:
        return self._settings.power_state_change_timeout

    async def get_power_state(self, node: Node) -> Power:
        ask_bmc(node)
        machine = self._machines.get(node.uuid)
        if machine is None:
            return Power.ON if node.power_state is Power.ON else Power.OFF
        return machine.reports(self._now())

    async def switch(self, node: Node, target: PowerTarget) -> None:
        script = ask_bmc(node)
        if target not in _REACHES:
            raise Invalid(f"Fake power has no order for {target}: it is a soft power off, then on.")
        present = await self.get_power_state(node)
        due = self._now() + script.power_delay
        self._machines[node.uuid] = _Machine(present, _REACHES[target], due)

    @step("verify")
    async def verify(self, task: Task) -> Outcome:
        """See that the fake BMC answers as its script says."""
        before = await played(task, "power.verify", self._now)
        return before or await super().verify(task)

    async def _reach(self, task: Task, wanted: Power, order: PowerTarget) -> Outcome:
        name = "power.power_on" if wanted is Power.ON else "power.power_off"
        before = await played(task, name, self._now)
        if before is not None:
            return before
        # Ordered by a process that is gone, and its fake machine with it: order again.
        if task.work.memo.get("ordered") and task.node.uuid not in self._machines:
            await self.switch(task.node, order)
        return await super()._reach(task, wanted, order)
