"""Power of fake machines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bessemer import clock
from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Outcome
from bessemer.baremetal.drivers.fake.machine import Machines, Memory
from bessemer.baremetal.drivers.fake.play import PROPERTIES, Now, ask_bmc, played, script_of
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
class _Switching:
    """Reports `before` until `since`, then `after`."""

    before: Power
    after: Power
    since: datetime

    @classmethod
    def remembered(cls, memory: Memory, node: Node) -> "_Switching":
        """As it was ordered last; else as the node's `power_state` says, else off."""
        known = memory.get("power")
        if known is None:
            state = Power.ON if node.power_state is Power.ON else Power.OFF
            return cls(state, state, datetime.min.replace(tzinfo=UTC))
        since = datetime.fromisoformat(known["since"])
        return cls(Power(known["before"]), Power(known["after"]), since)

    def reports(self, moment: datetime) -> Power:
        return self.after if moment >= self.since else self.before

    def as_memory(self) -> dict[str, Any]:
        return {"before": self.before, "after": self.after, "since": self.since.isoformat()}


class FakePower(PowerInterface):
    """Named "fake"."""

    def __init__(
        self, settings: BareMetalSettings, machines: Machines, now: Now = clock.now
    ) -> None:
        self._settings = settings
        self._machines = machines
        self._now = now

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        script_of(node)

    def properties(self) -> Mapping[str, str]:
        return PROPERTIES

    @property
    def change_timeout(self) -> timedelta:
        return self._settings.power_state_change_timeout

    async def get_power_state(self, node: Node) -> Power:
        ask_bmc(node)
        memory = await self._machines.read(node.uuid)
        return _Switching.remembered(memory, node).reports(self._now())

    async def switch(self, node: Node, target: PowerTarget) -> None:
        script = ask_bmc(node)
        if target not in _REACHES:
            raise Invalid(f"Fake power has no order for {target}: it is a soft power off, then on.")
        moment = self._now()

        def order(memory: Memory) -> Memory:
            present = _Switching.remembered(memory, node).reports(moment)
            ordered = _Switching(present, _REACHES[target], moment + script.power_delay)
            return {**memory, "power": ordered.as_memory()}

        await self._machines.change(node.uuid, order)

    @step("verify")
    async def verify(self, task: Task) -> Outcome:
        """See that the fake BMC answers as its script says."""
        before = await played(task, "power.verify", self._now)
        return before or await super().verify(task)

    async def _reach(self, task: Task, wanted: Power, order: PowerTarget) -> Outcome:
        name = "power.power_on" if wanted is Power.ON else "power.power_off"
        before = await played(task, name, self._now)
        return before or await super()._reach(task, wanted, order)
