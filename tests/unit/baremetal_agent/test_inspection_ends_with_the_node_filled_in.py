"""Inspect interface agent: waits for the report, then fills the node, its ports, its inventory."""

import pytest
from tests.baremetal_task import MemoryMachines, MemoryTask, a_node
from tests.unit.baremetal_agent.test_inspection_believes_nothing_without_bounds import a_report

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.work import Done, Failed, Flow, Signal, StepCall, WaitFor
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.inspect import AgentInspect
from bessemer.baremetal.drivers.fake.power import FakePower
from bessemer.baremetal.drivers.manual.power import AgentPower
from bessemer.baremetal.settings import BareMetalSettings

SETTINGS = BareMetalSettings()
INSPECT = AgentInspect(SETTINGS)


def a_task(posted=None):
    task = MemoryTask(a_node(), posted=posted)
    task.work = task.work_for(StepCall("inspect", "process_data"), flow=Flow.INSPECT)
    return task


@pytest.mark.parametrize(
    ("power", "words"),
    [
        (FakePower(SETTINGS, MemoryMachines()), "since power-on"),
        (AgentPower(AgentClient(), SETTINGS), "switch it on by hand"),
    ],
)
async def test_it_waits_for_the_report_in_words(power, words):
    task = a_task()
    task.plugins = {InterfaceKind.POWER: power}
    waiting = await INSPECT.wait_for_data(task)
    assert isinstance(waiting, WaitFor)
    assert waiting.signal is Signal.INSPECTION
    assert "`openstack baremetal node inspect n1`" in waiting.reason
    assert words in waiting.reason
    task.posted = a_report()
    assert isinstance(await INSPECT.wait_for_data(task), Done)


async def test_the_report_fills_node_ports_and_inventory():
    task = a_task(a_report())
    outcome = await INSPECT.process_data(task)
    assert isinstance(outcome, Done), outcome
    assert task.node.properties["cpus"] == 4
    assert [port.address for port in task.ports] == ["52:54:00:00:00:01"]
    assert task.inventory["cpu"]["count"] == 4
    assert task.plugin_data["root_disk"]["name"] == "/dev/vda"
    assert "cpus 4, memory_mb 8192, local_gb 9, cpu_arch x86_64" in outcome.detail


@pytest.mark.parametrize("where", ["save_port", "save", "save_inventory"])
async def test_killed_anywhere_and_run_again_it_leaves_the_same(where):
    undisturbed = a_task(a_report())
    await INSPECT.process_data(undisturbed)
    task = a_task(a_report())
    task.node = undisturbed.node.__class__(
        **{**{f: getattr(task.node, f) for f in ("driver",)}, "uuid": undisturbed.node.uuid}
    )
    task.raises_on[where] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        await INSPECT.process_data(task)
    assert isinstance(await INSPECT.process_data(task), Done)
    assert task.ports == undisturbed.ports
    assert task.node.properties == undisturbed.node.properties
    assert task.inventory == undisturbed.inventory


async def test_a_complaint_of_the_ramdisk_fails_the_step_with_its_words():
    outcome = await INSPECT.process_data(a_task({"error": "no\x00disk\nfound", "inventory": {}}))
    assert isinstance(outcome, Failed)
    assert "reports: no disk found" in outcome.reason


async def test_a_report_that_cannot_be_true_fails_and_changes_nothing():
    task = a_task(a_report(cpu={"count": -4}))
    outcome = await INSPECT.process_data(task)
    assert isinstance(outcome, Failed)
    assert "cpu.count is -4" in outcome.reason
    assert task.ports == ()
    assert task.node.properties == {}
