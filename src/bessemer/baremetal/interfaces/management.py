"""Management: what the machine boots from next."""

from abc import abstractmethod
from typing import ClassVar

from bessemer.baremetal.domain.node import BootDevice, InterfaceKind, Node
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.interfaces.plugin import Plugin, step
from bessemer.baremetal.interfaces.task import Task


class ManagementInterface(Plugin):
    """Boot device by the BMC. Methods may raise Transient or HardwareFailure."""

    kind: ClassVar = InterfaceKind.MANAGEMENT

    @abstractmethod
    async def set_boot_device(self, node: Node, device: BootDevice, *, persistent: bool) -> None:
        """From the next boot on (or for the next boot only)."""

    @abstractmethod
    async def get_boot_device(self, node: Node) -> tuple[BootDevice | None, bool | None]:
        """Device and whether it is persistent; None when the BMC does not tell."""

    @abstractmethod
    def supported_boot_devices(self, node: Node) -> tuple[BootDevice, ...]:
        """What `set_boot_device` takes."""

    @step("deploy", "clean")
    async def boot_from_network(self, task: Task) -> Outcome:
        """The next boot, and only that, comes from the network."""
        await self.set_boot_device(task.node, BootDevice.PXE, persistent=False)
        return Done("next boot: network")
