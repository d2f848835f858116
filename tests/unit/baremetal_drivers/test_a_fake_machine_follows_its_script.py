"""Delays and failures of fake hardware, and the whole life of one."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from tests.baremetal_task import ManualClock, MemoryMachines, MemoryTask, a_node, a_port, run_to_end

from bessemer.baremetal.domain.node import BootDevice, InterfaceKind, Power
from bessemer.baremetal.domain.provision.work import Done, Failed, WaitFor
from bessemer.baremetal.drivers.fake.boot import FakeBoot
from bessemer.baremetal.drivers.fake.deploy import FakeDeploy
from bessemer.baremetal.drivers.fake.inspect import FakeInspect
from bessemer.baremetal.drivers.fake.management import FakeManagement
from bessemer.baremetal.drivers.fake.power import FakePower
from bessemer.baremetal.drivers.none.network import NoopNetwork
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid


def plugins(clock: ManualClock) -> dict[InterfaceKind, Plugin]:
    every: list[Plugin] = [
        FakePower(BareMetalSettings(), MemoryMachines(), clock.now),
        FakeManagement(MemoryMachines()),
        FakeBoot(clock.now),
        NoopNetwork(),
        FakeDeploy(MemoryMachines(), clock.now),
        FakeInspect(BareMetalSettings(), clock.now),
    ]
    return {plugin.kind: plugin for plugin in every}


def a_task(clock: ManualClock, driver_info: Mapping[str, Any] | None = None) -> MemoryTask:
    node = a_node(driver_info=driver_info or {})
    return MemoryTask(node, (a_port(node),), plugins=plugins(clock))


DEPLOY_STEPS = [
    ("power", "power_off", {}),
    ("network", "add_network", {"purpose": "provisioning"}),
    ("deploy", "prepare_image", {}),
    ("boot", "prepare_ramdisk", {"purpose": "provisioning"}),
    ("management", "boot_from_network", {}),
    ("power", "power_on", {}),
    ("deploy", "wait_for_ramdisk", {}),
    ("deploy", "write_image", {}),
    ("deploy", "prepare_instance_boot", {}),
    ("deploy", "tear_down_agent", {}),
    ("deploy", "switch_to_tenant_network", {}),
    ("deploy", "boot_instance", {}),
]


async def test_a_deploy_runs_through_without_any_wait() -> None:
    clock = ManualClock()
    task = a_task(clock)
    for kind, step, args in DEPLOY_STEPS:
        plugin = task.plugins[InterfaceKind(kind)]
        task.work = task.work_for()
        outcome = await plugin.run_step(step, task, args)
        if isinstance(outcome, WaitFor):  # a power order is looked at once more
            outcome = await plugin.run_step(step, task, args)
        assert isinstance(outcome, Done), (kind, step, outcome)
    assert task.destruction_permitted == 1
    assert task.node.power_state is Power.ON
    assert "fake_ramdisk" not in task.node.driver_internal_info
    management = task.interfaces.management
    assert await management.get_boot_device(task.node) == (BootDevice.DISK, True)


def test_the_deploy_steps_are_those_of_a_real_deploy() -> None:
    facts = FakeDeploy(MemoryMachines()).steps().values()
    ranked = sorted((f for f in facts if f.priority), key=lambda f: -f.priority)
    assert [(f.name, f.priority) for f in ranked] == [
        ("write_image", 80),
        ("prepare_instance_boot", 60),
        ("tear_down_agent", 40),
        ("switch_to_tenant_network", 30),
        ("boot_instance", 20),
    ]


async def test_the_disk_holds_what_was_written_until_it_is_erased() -> None:
    machines = MemoryMachines()
    deploy = FakeDeploy(machines, ManualClock().now)
    node = a_node(instance_uuid="i-1", instance_info={"image_source": "http://images.test/x"})
    task = MemoryTask(node, (), plugins={InterfaceKind.DEPLOY: deploy})

    async def disk() -> Any:
        return (await machines.read(node.uuid)).get("disk")

    assert await disk() is None
    assert isinstance(await deploy.run_step("write_image", task, {}), Done)
    assert await disk() == {"instance": "i-1", "image": "http://images.test/x"}
    assert isinstance(await deploy.run_in_band_step(task, "burnin_cpu", {}), Done)
    assert await disk() is not None
    assert isinstance(await deploy.run_in_band_step(task, "erase_devices_metadata", {}), Done)
    assert await disk() is None


async def test_a_slow_step_waits_by_timer_and_shows_how_far_it_is() -> None:
    clock = ManualClock()
    task = a_task(clock, {"fake_step_delay_s": {"deploy.write_image": 10}})
    deploy = task.plugins[InterfaceKind.DEPLOY]

    async def half_as_long(task: MemoryTask, outcome: WaitFor) -> None:
        assert outcome.look_again is not None
        clock.push(max(outcome.look_again / 2, timedelta(seconds=1)))

    assert isinstance(await run_to_end(task, deploy, "write_image", on_wait=half_as_long), Done)
    assert [done for done, _ in task.progress_seen][:2] == [0, 50]
    assert isinstance(await run_to_end(task, deploy, "wait_for_ramdisk"), Done)


@pytest.mark.parametrize(
    ("kind", "step", "args"), [each for each in DEPLOY_STEPS if each[0] in {"deploy", "power"}]
)
async def test_a_step_fails_when_told_to(kind: str, step: str, args: dict[str, Any]) -> None:
    task = a_task(ManualClock(), {"fake_fail_step": f"deploy.other,{kind}.{step}"})
    outcome = await run_to_end(task, task.plugins[InterfaceKind(kind)], step, **args)
    assert isinstance(outcome, Failed)
    assert "fake_fail_step" in outcome.reason


async def test_cleaning_and_its_failure() -> None:
    task = a_task(ManualClock(), {"fake_fail_step": "deploy.erase_devices"})
    deploy = task.interfaces.deploy
    collected = await deploy.collect_clean_steps(task)
    assert isinstance(collected, Done)
    assert [call.name for call in collected.then] == ["erase_devices_metadata", "erase_devices"]
    outcomes = [await deploy.run_in_band_step(task, call.name, {}) for call in collected.then]
    assert isinstance(outcomes[0], Done)
    assert isinstance(outcomes[1], Failed)


async def test_inspection_finds_what_the_script_says() -> None:
    task = a_task(ManualClock(), {"fake_properties": {"cpus": 64, "memory_mb": 262144}})
    inspect = task.plugins[InterfaceKind.INSPECT]
    assert isinstance(await run_to_end(task, inspect, "wait_for_data"), Done)
    assert isinstance(await run_to_end(task, inspect, "process_data"), Done)
    assert task.node.properties == {"cpus": 64, "memory_mb": 262144}
    assert task.inventory["fake"] == {"cpus": 64, "memory_mb": 262144}
    assert task.inventory["cpu"]["count"] == 64
    assert task.inventory["memory"] == {"physical_mb": 262144}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fake_power_delay_s", "soon"),
        ("fake_power_delay_s", -1),
        ("fake_step_delay_s", {"deploy.write_image": "long"}),
        ("fake_step_delay_s", float("nan")),
        ("fake_bmc", "sulks"),
    ],
)
def test_a_wrong_script_is_refused_by_name(field: str, value: object) -> None:
    node = a_node(driver_info={field: value})
    for plugin in plugins(ManualClock()).values():
        if not isinstance(plugin, NoopNetwork):
            with pytest.raises(Invalid, match=field):
                plugin.validate(node, ())
