"""What every power plug-in must do; a driver is accepted when its subclass is green."""

from collections.abc import Callable

import pytest
from tests.baremetal_task import MemoryTask, run_to_end

from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.provision.work import Done, Failed
from bessemer.baremetal.interfaces.power import PowerInterface
from bessemer.errors import HardwareFailure, Invalid, Transient

Machine = Callable[..., Node]
"""Makes a machine that is off. `lag_s`: the BMC goes on reporting the old state for so long;
`deaf`: it accepts orders and does nothing."""


class PowerContract:
    """Subclasses give the fixtures `power` and `machine`, and `broken`: a node with a useless BMC."""

    def test_a_good_node_is_valid(self, power: PowerInterface, machine: Machine) -> None:
        power.validate(machine(), ())

    async def test_orders_are_followed(self, power: PowerInterface, machine: Machine) -> None:
        node = machine()
        seen = [await power.get_power_state(node)]
        for order in (PowerTarget.ON, PowerTarget.OFF, PowerTarget.ON, PowerTarget.SOFT_OFF):
            await power.switch(node, order)
            seen.append(await power.get_power_state(node))
        assert seen == [Power.OFF, Power.ON, Power.OFF, Power.ON, Power.OFF]

    @pytest.mark.parametrize("first", [PowerTarget.ON, PowerTarget.OFF])
    async def test_a_reboot_leaves_the_machine_on(
        self, power: PowerInterface, machine: Machine, first: PowerTarget
    ) -> None:
        node = machine()
        await power.switch(node, first)
        await power.switch(node, PowerTarget.REBOOT)
        assert await power.get_power_state(node) is Power.ON

    async def test_an_order_that_the_bmc_does_not_have_is_refused(
        self, power: PowerInterface, machine: Machine
    ) -> None:
        with pytest.raises(Invalid):
            await power.switch(machine(), PowerTarget.SOFT_REBOOT)

    async def test_steps_see_the_state_and_keep_it(
        self, power: PowerInterface, machine: Machine
    ) -> None:
        task = MemoryTask(machine())
        for step, state in (("power_on", Power.ON), ("power_off", Power.OFF)):
            for _ in range(2):
                assert isinstance(await run_to_end(task, power, step), Done)
                assert task.node.power_state is state
                assert await power.get_power_state(task.node) is state

    async def test_a_bmc_may_lie_for_a_while(self, power: PowerInterface, machine: Machine) -> None:
        task = MemoryTask(machine(lag_s=0.7))
        assert isinstance(await run_to_end(task, power, "power_on"), Done)
        assert await power.get_power_state(task.node) is Power.ON

    async def test_a_bmc_that_never_obeys_fails_the_step_in_words(
        self, power: PowerInterface, machine: Machine
    ) -> None:
        outcome = await run_to_end(MemoryTask(machine(deaf=True)), power, "power_on")
        assert isinstance(outcome, Failed)
        assert "does not report power on" in outcome.reason

    async def test_a_worker_killed_after_the_order_is_replaced(
        self, power: PowerInterface, machine: Machine
    ) -> None:
        task = MemoryTask(machine(lag_s=0.4), raises_on={"note": KeyboardInterrupt()})
        with pytest.raises(KeyboardInterrupt):
            await run_to_end(task, power, "power_on")
        assert isinstance(await run_to_end(task, power, "power_on"), Done)
        assert await power.get_power_state(task.node) is Power.ON

    async def test_a_useless_bmc_is_an_error_that_names_it(
        self, power: PowerInterface, broken: Node
    ) -> None:
        with pytest.raises((HardwareFailure, Transient), match=r"BMC"):
            await power.get_power_state(broken)
