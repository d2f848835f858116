"""Boot: how a machine gets its ramdisk, and afterwards its own system."""

from abc import abstractmethod
from enum import StrEnum
from typing import ClassVar, Final

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.interfaces.plugin import Plugin, step
from bessemer.baremetal.interfaces.task import Task


class Purpose(StrEnum):
    """What the ramdisk, and the network it runs on, are wanted for."""

    PROVISIONING = "provisioning"
    CLEANING = "cleaning"
    INSPECTION = "inspection"
    RESCUING = "rescuing"
    SERVICING = "servicing"


INSTANCE_BOOT: Final = "instance_boot"
"""In driver_internal_info: an instance that lives in memory, `{kernel, ramdisk}` or `{boot_iso}`.

Each is an image's id or an http(s) URL. Or `{san}`, a `SanBoot`: it boots from a volume. Absent: the
instance is on the disk.
"""
RAMDISK_BOOT: Final = "ramdisk_boot"
"""The capability to boot instances that live in memory."""
ISCSI_VOLUME_BOOT: Final = "iscsi_volume_boot"
"""The capability to boot instances from iSCSI volumes."""
INSTALLER: Final = "installer"
"""In driver_internal_info: what a deploy boots in the agent's place, and what it needs from us.

`kernel` and `ramdisk`, `stage2` and `image_url` where there are any (each an image's id or an http(s)
URL), `parameters` (words of the kernel's), `listener` (our URL on its network).
"""
INSTALLER_BOOT: Final = "installer_boot"
"""The capability to boot such installers."""


class BootInterface(Plugin):
    """Boot configuration; nothing here switches power."""

    kind: ClassVar = InterfaceKind.BOOT
    capabilities: ClassVar[frozenset[str]] = frozenset()

    @step("deploy", "clean")
    @abstractmethod
    async def prepare_ramdisk(self, task: Task, purpose: str) -> Outcome:
        """Make the node's next network boot load the deploy ramdisk; forget the last agent.

        `purpose` is a `Purpose`. Done only when DHCP and boot files are in force.
        """

    @step("deploy", "clean")
    @abstractmethod
    async def clean_up_ramdisk(self, task: Task) -> Outcome:
        """Take the ramdisk's configuration back."""

    @step()
    async def prepare_installer(self, task: Task) -> Outcome:
        """Make the node's next network boot load its `INSTALLER`, whose token stays."""
        raise self.unsupported(task.node, f"installers (capability {INSTALLER_BOOT})")

    @abstractmethod
    async def prepare_instance(self, task: Task) -> None:
        """Make the node boot its own system from now on (boot device: disk, persistent).

        One that is not on the disk (`INSTANCE_BOOT`) is booted from the tenant's network, for good.
        Raises Invalid when that is not possible.
        """

    @step()
    async def restore_instance(self, task: Task) -> Outcome:
        """The machine's own system is what it boots again."""
        await self.prepare_instance(task)
        return Done("the machine boots its own system from now on")
