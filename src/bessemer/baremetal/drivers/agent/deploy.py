"""What every deploy by an agent is made of, whichever way the disk gets its content."""

from bessemer import clock
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.farewell import Farewell
from bessemer.baremetal.drivers.agent.in_band import InBand
from bessemer.baremetal.drivers.agent.orders import Now, Order
from bessemer.baremetal.interfaces.boot import INSTANCE_BOOT, Purpose
from bessemer.baremetal.interfaces.network import under_power
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings


class LeavesRamdisk(InBand):
    """From a disk with a system on it to a machine that runs it."""

    def __init__(
        self, settings: BareMetalSettings, client: AgentClient, now: Now = clock.now
    ) -> None:
        super().__init__(settings, client, now)
        self._farewell = Farewell(client, settings, now)

    @step("deploy", priority=40)
    async def tear_down_agent(self, task: Task) -> Outcome:
        """The agent flushes its disks and powers off; the BMC does it when that takes too long."""
        return await self._farewell.say(task)

    @step("deploy", priority=30)
    async def switch_to_tenant_network(self, task: Task) -> Outcome:
        """Off the provisioning network first, only then onto the tenant's."""
        network = task.interfaces.network
        if (powering := await under_power(task, network)) is not None:
            return powering
        outcome = await network.remove_network(task, Purpose.PROVISIONING)
        if not isinstance(outcome, Done):
            return outcome
        return await network.configure_tenant_networks(task)

    @step("deploy", priority=20)
    async def boot_instance(self, task: Task) -> Outcome:
        """Power on, into the instance."""
        return await task.interfaces.power.power_on(task)


class AgentDeploy(LeavesRamdisk):
    """From a booted ramdisk to a machine running its own system; writing a disk is up to others."""

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
        await task.save(task.node.with_internal(**{INSTANCE_BOOT: None}))
        await task.interfaces.boot.prepare_instance(task)
        return Done("the machine boots its own system from now on")

    async def _bootloader_order(self, task: Task, boot_mode: str) -> Order:
        uuids = await self._orders.ask(task, "standby.get_partition_uuids", {})
        params = {
            "root_uuid": uuids.get("root uuid"),
            "efi_system_part_uuid": uuids.get("efi system partition uuid"),
            "prep_boot_part_uuid": uuids.get("PReP Boot partition uuid"),
            "target_boot_mode": boot_mode,
        }
        return Order("image.install_bootloader", params)
