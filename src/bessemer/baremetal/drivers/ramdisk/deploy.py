"""Deploy interface `ramdisk`: the machine boots the instance over the network, at every start."""

from typing import ClassVar, Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.in_band import InBand
from bessemer.baremetal.drivers.agent.words import next_command
from bessemer.baremetal.drivers.ramdisk.image import found, in_memory, named
from bessemer.baremetal.interfaces.boot import INSTANCE_BOOT, RAMDISK_BOOT, BootInterface
from bessemer.baremetal.interfaces.frames import INTO_MEMORY
from bessemer.baremetal.interfaces.network import under_power
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Conflict, Invalid, NotFound
from bessemer.image.public import ImageService
from bessemer.network.public import NetworkError

_NOT_BOOTABLE: Final = (Invalid, NotFound, Conflict, NetworkError)


class RamdiskDeploy(InBand):
    """Named "ramdisk". An agent cleans and services its machines, and has no part in the deploy."""

    frame: ClassVar = INTO_MEMORY
    frame_from_volume: ClassVar = None

    def __init__(
        self, images: ImageService, settings: BareMetalSettings, client: AgentClient
    ) -> None:
        super().__init__(settings, client)
        self._images = images

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Raises Invalid unless instance_info names something to boot."""
        named(node.instance_info)

    def supports_deploy(self, node: Node) -> bool:
        """Whether instance_info itself names kernel and ramdisk, or an ISO image."""
        return in_memory(node.instance_info)

    def validate_boot(self, node: Node, boot: BootInterface) -> None:
        """Raises Invalid unless it can boot instances over the network."""
        if RAMDISK_BOOT not in boot.capabilities:
            raise self.unsupported(node, f"a boot interface without the capability {RAMDISK_BOOT}")

    @step()
    async def prepare_image(self, task: Task) -> Outcome:
        """Find what is to be booted, before the machine is moved."""
        try:
            boot = await found(task.node.instance_info, self._images, task.context)
        except _NOT_BOOTABLE as error:
            return self._not_bootable(task, error)
        await task.save(task.node.with_internal(**{INSTANCE_BOOT: boot}))
        return Done(f"the instance lives in memory: {', '.join(boot.values())}")

    @step("deploy", priority=100)
    async def deploy(self, task: Task) -> Outcome:
        """Onto the tenant's networks, and from there into the instance; no disk is written."""
        network = task.interfaces.network
        if (powering := await under_power(task, network)) is not None:
            return powering
        outcome = await network.configure_tenant_networks(task)
        if not isinstance(outcome, Done):
            return outcome
        try:
            await task.interfaces.boot.prepare_instance(task)
        except _NOT_BOOTABLE as error:
            return self._not_bootable(task, error)
        return await task.interfaces.power.power_on(task)

    @step()
    async def take_over(self, task: Task) -> Outcome:
        """The machine is left running; at its next start it boots the instance again."""
        outcome = await self.prepare_image(task)
        if not isinstance(outcome, Done):
            return outcome
        try:
            await task.interfaces.boot.prepare_instance(task)
        except _NOT_BOOTABLE as error:
            return self._not_bootable(task, error)
        return Done("the machine runs on, and boots the instance at its next start")

    def _not_bootable(self, task: Task, error: Exception) -> Failed:
        return Failed(f"{error} Then: {next_command(task.work.flow, task.node)}.")
