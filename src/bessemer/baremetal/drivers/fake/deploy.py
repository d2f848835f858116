"""Deploy of fake machines: the steps of a real deploy, with power and network orders like a real one.

What a fake machine's disk holds is part of its memory, under `disk`: nothing, or what was written.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bessemer import clock
from bessemer.baremetal.domain.node import Node, Power
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.ranking import OfferedStep
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.drivers.fake.machine import Machines, Memory
from bessemer.baremetal.drivers.fake.play import PROPERTIES, Now, played, script_of
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.deploy import DeployInterface
from bessemer.baremetal.interfaces.network import under_power
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task

IN_BAND_STEPS = (
    OfferedStep("deploy", "erase_devices_metadata", priority=99, abortable=True, arguments={}),
    OfferedStep("deploy", "erase_devices", priority=10, abortable=False, arguments={}),
    OfferedStep("deploy", "burnin_cpu", abortable=True, arguments={"minutes": False}),
    OfferedStep("deploy", "flash_nic", reboot=True, arguments={"url": True}),
)
"""What the fake agent offers, in every phase."""

ERASING = frozenset({"erase_devices_metadata", "erase_devices"})


class FakeDeploy(DeployInterface):
    """Named "fake". Only the fake disk is written; power and network are those of the node."""

    def __init__(self, machines: Machines, now: Now = clock.now) -> None:
        self._machines = machines
        self._now = now

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        script_of(node)

    def properties(self) -> Mapping[str, str]:
        return PROPERTIES

    @step()
    async def prepare_image(self, task: Task) -> Outcome:
        """There is no image to look for."""
        return await self._play(task, "prepare_image", "no image is needed")

    @step()
    async def wait_for_ramdisk(self, task: Task) -> Outcome:
        """The fake ramdisk is up at once, or after its delay."""
        return await self._play(task, "wait_for_ramdisk", "the fake ramdisk runs")

    async def ramdisk_runs(self, task: Task) -> bool:
        """The one that was booted last, for as long as the machine is on."""
        booted = "fake_ramdisk" in task.node.driver_internal_info
        return booted and await task.interfaces.power.get_power_state(task.node) is Power.ON

    @step("deploy", priority=80, abortable=False)
    async def write_image(self, task: Task) -> Outcome:
        """As long as the script wants; asks for leave to destroy, as a real write does."""
        await task.permit_destruction()
        before = await played(task, "deploy.write_image", self._now)
        if before is not None:
            return before
        node = task.node
        image = node.instance_info.get("image_source")
        await self._remember(node, disk={"instance": node.instance_uuid, "image": image})
        return Done("the image is on the fake disk")

    @step("deploy", priority=60)
    async def prepare_instance_boot(self, task: Task) -> Outcome:
        """Boot device: disk."""
        before = await played(task, "deploy.prepare_instance_boot", self._now)
        if before is not None:
            return before
        await task.interfaces.boot.prepare_instance(task)
        return Done("the machine boots its own system from now on")

    @step("deploy", priority=40)
    async def tear_down_agent(self, task: Task) -> Outcome:
        """Power off."""
        before = await played(task, "deploy.tear_down_agent", self._now)
        return before or await task.interfaces.power.power_off(task)

    @step("deploy", priority=30)
    async def switch_to_tenant_network(self, task: Task) -> Outcome:
        """Off the provisioning network first, only then onto the tenant's."""
        before = await played(task, "deploy.switch_to_tenant_network", self._now)
        network = task.interfaces.network
        before = before or await under_power(task, network)
        if before is not None:
            return before
        outcome = await network.remove_network(task, Purpose.PROVISIONING)
        if not isinstance(outcome, Done):
            return outcome
        return await network.configure_tenant_networks(task)

    @step("deploy", priority=20)
    async def boot_instance(self, task: Task) -> Outcome:
        """Power on, into the instance."""
        before = await played(task, "deploy.boot_instance", self._now)
        return before or await task.interfaces.power.power_on(task)

    async def in_band_steps(self, task: Task, phase: str) -> Sequence[OfferedStep] | Outcome:
        """Those of the fake agent."""
        before = await played(task, f"deploy.get_{phase}_steps", self._now)
        return before or IN_BAND_STEPS

    async def run_in_band_step(self, task: Task, name: str, args: Mapping[str, Any]) -> Outcome:
        """Any name does; those that erase leave a blank disk."""
        await task.permit_destruction()
        before = await played(task, f"deploy.{name}", self._now)
        if before is not None:
            return before
        if name in ERASING:
            await self._remember(task.node, disk=None)
            return Done("the fake disk is blank")
        return Done(f"{name} was played, not done")

    async def _remember(self, node: Node, **facts: Any) -> None:
        def alter(memory: Memory) -> Memory:
            return {**memory, **facts}

        await self._machines.change(node.uuid, alter)

    async def _play(self, task: Task, name: str, detail: str) -> Outcome:
        before = await played(task, f"deploy.{name}", self._now)
        return before or Done(detail)
