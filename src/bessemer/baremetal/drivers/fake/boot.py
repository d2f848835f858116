"""Boot of fake machines: what would be loaded is written on the node."""

from collections.abc import Mapping
from typing import ClassVar

from bessemer import clock
from bessemer.baremetal.domain.node import BootDevice, Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.drivers.fake.play import PROPERTIES, Now, played, script_of
from bessemer.baremetal.interfaces.boot import (
    INSTALLER,
    INSTALLER_BOOT,
    INSTANCE_BOOT,
    ISCSI_VOLUME_BOOT,
    RAMDISK_BOOT,
    BootInterface,
    Purpose,
)
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task


class FakeBoot(BootInterface):
    """Named "fake"."""

    capabilities: ClassVar = frozenset({RAMDISK_BOOT, INSTALLER_BOOT, ISCSI_VOLUME_BOOT})

    def __init__(self, now: Now = clock.now) -> None:
        self._now = now

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        script_of(node)

    def properties(self) -> Mapping[str, str]:
        return PROPERTIES

    @step("deploy", "clean")
    async def prepare_ramdisk(self, task: Task, purpose: str) -> Outcome:
        """Note for what the ramdisk would be booted; forget the last agent."""
        wanted = Purpose(purpose)
        before = await played(task, "boot.prepare_ramdisk", self._now)
        if before is not None:
            return before
        await task.save(task.node.without_agent().with_internal(fake_ramdisk=wanted.value))
        return Done(f"the fake ramdisk for {wanted} is ready")

    @step()
    async def prepare_installer(self, task: Task) -> Outcome:
        """Note that an installer would be booted."""
        before = await played(task, "boot.prepare_installer", self._now)
        if before is not None:
            return before
        await task.save(task.node.with_internal(fake_ramdisk=INSTALLER))
        return Done("the fake installer is ready")

    @step("deploy", "clean")
    async def clean_up_ramdisk(self, task: Task) -> Outcome:
        """Take the note away."""
        before = await played(task, "boot.clean_up_ramdisk", self._now)
        if before is not None:
            return before
        await task.save(task.node.with_internal(fake_ramdisk=None))
        return Done("the fake ramdisk is gone")

    async def prepare_instance(self, task: Task) -> None:
        elsewhere = INSTANCE_BOOT in task.node.driver_internal_info
        device = BootDevice.PXE if elsewhere else BootDevice.DISK
        await task.interfaces.management.order_boot_device(task, device, persistent=True)
        await task.save(task.node.with_internal(fake_ramdisk=None))
