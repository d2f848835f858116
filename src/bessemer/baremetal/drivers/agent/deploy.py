"""What every deploy by an agent is made of, whichever way the disk gets its content."""

from collections.abc import Mapping, Sequence
from typing import Any

from bessemer import clock
from bessemer.baremetal.domain.provision.ranking import OfferedStep
from bessemer.baremetal.domain.provision.work import (
    PHASES,
    Done,
    Failed,
    Outcome,
    Signal,
    WaitFor,
)
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.farewell import Farewell
from bessemer.baremetal.drivers.agent.node_view import node_and_ports
from bessemer.baremetal.drivers.agent.offered_steps import offered_steps
from bessemer.baremetal.drivers.agent.orders import Now, Order, Orders, callback_timeout
from bessemer.baremetal.drivers.agent.trouble import AGENT_TROUBLE
from bessemer.baremetal.drivers.agent.words import next_command, not_heard
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.deploy import DeployInterface
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid


class AgentDeploy(DeployInterface):
    """From a booted ramdisk to a machine running its own system; writing a disk is up to others."""

    def __init__(
        self, settings: BareMetalSettings, client: AgentClient, now: Now = clock.now
    ) -> None:
        self._settings = settings
        self._orders = Orders(client, settings, now)
        self._farewell = Farewell(client, settings, now)

    @step()
    async def wait_for_ramdisk(self, task: Task) -> Outcome:
        """`boot.prepare_ramdisk` forgot the last agent, so any agent_url is of this boot."""
        if task.node.driver_internal_info.get("agent_url"):
            return Done("the ramdisk has called back")
        return WaitFor(
            Signal.AGENT,
            callback_timeout(self._settings, task.work.flow),
            not_heard(
                "the ramdisk has not called back",
                task.work.flow,
                task.node,
                has_switch=task.interfaces.power.has_switch(task.node),
            ),
        )

    @step("deploy", priority=60)
    async def prepare_instance_boot(self, task: Task) -> Outcome:
        """Firmware entry for the new system where UEFI needs one, then boot device: disk."""
        boot_mode = task.node.wanted_boot_mode or self._settings.default_boot_mode
        if boot_mode == "uefi":

            async def make() -> Order:
                return await self._bootloader_order(task, boot_mode)

            outcome = await self._orders.carry_out(task, "install_bootloader", make)
            if not isinstance(outcome, Done):
                return outcome
        await task.interfaces.boot.prepare_instance(task)
        return Done("the machine boots its own system from now on")

    @step("deploy", priority=40)
    async def tear_down_agent(self, task: Task) -> Outcome:
        """The agent flushes its disks and powers off; the BMC does it when that takes too long."""
        return await self._farewell.say(task)

    @step("deploy", priority=30)
    async def switch_to_tenant_network(self, task: Task) -> Outcome:
        """Off the provisioning network first, only then onto the tenant's."""
        network = task.interfaces.network
        outcome = await network.remove_network(task, Purpose.PROVISIONING)
        if not isinstance(outcome, Done):
            return outcome
        return await network.configure_tenant_networks(task)

    @step("deploy", priority=20)
    async def boot_instance(self, task: Task) -> Outcome:
        """Power on, into the instance."""
        return await task.interfaces.power.power_on(task)

    async def in_band_steps(self, task: Task, phase: str) -> Sequence[OfferedStep] | Outcome:
        """As the agent lists them; its version is kept, to notice another life of the agent."""
        command = f"{phase}.get_{phase}_steps"
        try:
            answer = await self._orders.ask(task, command, node_and_ports(task.node, task.ports))
        except AGENT_TROUBLE as trouble:
            return await self._orders.outcome_of(task, f"get_{phase}_steps", trouble)
        try:
            steps = offered_steps(phase, answer.get(f"{phase}_steps"))
        except Invalid as error:
            return Failed(f"{error} Then: {next_command(task.work.flow, task.node)}.")
        version = answer.get("hardware_manager_version")
        await task.save(task.node.with_internal(hardware_manager_version=version))
        return steps

    async def run_in_band_step(self, task: Task, name: str, args: Mapping[str, Any]) -> Outcome:
        """Have the agent run one of its own clean, deploy or service steps."""
        phase = PHASES[task.work.flow]
        call = task.work.step
        interface = call.interface if call is not None and call.name == name else "deploy"

        async def make() -> Order:
            known = task.node.driver_internal_info.get("hardware_manager_version")
            params = {
                "step": {"interface": interface, "step": name, "args": dict(args)},
                **node_and_ports(task.node, task.ports),
                **({f"{phase}_version": known} if known else {}),
            }
            return Order(f"{phase}.execute_{phase}_step", params, destructive=True)

        return await self._orders.carry_out(task, name, make)

    async def _bootloader_order(self, task: Task, boot_mode: str) -> Order:
        uuids = await self._orders.ask(task, "standby.get_partition_uuids", {})
        params = {
            "root_uuid": uuids.get("root uuid"),
            "efi_system_part_uuid": uuids.get("efi system partition uuid"),
            "prep_boot_part_uuid": uuids.get("PReP Boot partition uuid"),
            "target_boot_mode": boot_mode,
        }
        return Order("image.install_bootloader", params)
