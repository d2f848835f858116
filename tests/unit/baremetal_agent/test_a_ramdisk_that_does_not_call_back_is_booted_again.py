"""The waits for a ramdisk with a boot retry: when the machine starts anew, and when it is given up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.baremetal_task import MemoryTask, a_node
from tests.integration.baremetal_agent.loopback_agent import SomePower

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision import plan
from bessemer.baremetal.domain.provision.work import Done, Failed, Flow, StepCall, WaitFor
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.custom_deploy import CustomAgentDeploy
from bessemer.baremetal.drivers.agent.inspect import AgentInspect
from bessemer.baremetal.drivers.manual.power import AgentPower
from bessemer.baremetal.settings import BareMetalSettings

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SETTINGS = BareMetalSettings(boot_retry_timeout=10 * MINUTE)
DEPLOY = (Flow.DEPLOY, StepCall("deploy", "wait_for_ramdisk"))
INSPECT = (Flow.INSPECT, StepCall("inspect", "wait_for_data"))
BOTH = pytest.mark.parametrize(("flow", "call"), [DEPLOY, INSPECT])


class Machine:
    """A task whose step in hand waits for a ramdisk, and a clock that is set by hand."""

    def __init__(self, flow, call, settings=SETTINGS, power=None):
        self.now = START
        self._plugin = {
            "deploy": CustomAgentDeploy(settings, AgentClient(), lambda: self.now),
            "inspect": AgentInspect(settings, lambda: self.now),
        }[call.interface]
        self.task = MemoryTask(a_node(), plugins={InterfaceKind.POWER: power or SomePower()})
        self.task.work = self.task.work_for(call, StepCall("deploy", "later"), flow=flow)

    async def look(self, minutes):
        """The step in hand, run at that minute; the work goes on by its outcome."""
        self.now = START + minutes * MINUTE
        call = self.task.work.step
        outcome = await self._plugin.run_step(call.name, self.task, call.args)
        self.task.work = plan.after(self.task.work, outcome, self.now)
        return outcome

    def skip_to_wait(self):
        """As if the steps before the next wait were done."""
        work = self.task.work
        waits = [each.name.startswith("wait_for") for each in work.steps]
        self.task.work = replace(work, index=waits.index(True, work.index))


@BOTH
async def test_after_the_time_set_the_machine_starts_its_ramdisk_anew(flow, call):
    machine = Machine(flow, call)
    waiting = await machine.look(0)
    assert isinstance(waiting, WaitFor)
    assert waiting.look_again == 10 * MINUTE
    assert isinstance(await machine.look(9), WaitFor)
    again = await machine.look(10)
    assert isinstance(again, Done)
    assert [str(each) for each in again.then] == [
        "power.power_off",
        "boot.prepare_ramdisk",
        "management.boot_from_network",
        "power.power_on",
        str(call),
    ]
    assert machine.task.work.steps[-1] == StepCall("deploy", "later")


@BOTH
async def test_all_starts_together_have_the_time_of_one(flow, call):
    machine = Machine(flow, call)
    await machine.look(0)
    await machine.look(10)
    machine.skip_to_wait()
    waiting = await machine.look(12)
    assert isinstance(waiting, WaitFor)
    assert waiting.timeout == 18 * MINUTE
    assert isinstance(await machine.look(22), Done)
    machine.skip_to_wait()
    assert isinstance(await machine.look(24), WaitFor)
    late = plan.overdue(machine.task.work, START + 30 * MINUTE)
    assert late is not None
    given_up = await machine.look(31)
    assert isinstance(given_up, Failed)
    assert "timed out" in given_up.reason


@BOTH
async def test_a_ramdisk_of_a_later_start_is_welcome(flow, call):
    machine = Machine(flow, call)
    await machine.look(0)
    await machine.look(10)
    machine.skip_to_wait()
    machine.task.node = machine.task.node.with_internal(agent_url="https://a")
    machine.task.posted = {"inventory": {}}
    outcome = await machine.look(12)
    assert isinstance(outcome, Done)
    assert outcome.then == ()


@BOTH
@pytest.mark.parametrize(
    ("settings", "power"),
    [
        (BareMetalSettings(), SomePower()),
        (SETTINGS, AgentPower(AgentClient(), SETTINGS)),
    ],
)
async def test_unless_it_is_asked_for_and_can_be_done_the_machine_is_left_alone(
    flow, call, settings, power
):
    machine = Machine(flow, call, settings, power)
    for minutes in (0, 10, 29):
        waiting = await machine.look(minutes)
        assert isinstance(waiting, WaitFor)
        assert waiting.look_again is None
