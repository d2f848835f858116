"""Management: what the machine boots from next, and all else that a BMC can tell or do."""

from abc import abstractmethod
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

from bessemer.baremetal.domain import boot_order
from bessemer.baremetal.domain.management import (
    BootMode,
    Health,
    IndicatorComponent,
    Indicators,
    IndicatorState,
    MediaDevice,
    VirtualMedium,
)
from bessemer.baremetal.domain.node import BootDevice, InterfaceKind, Node
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.interfaces.plugin import Plugin, step
from bessemer.baremetal.interfaces.task import Task
from bessemer.errors import BessemerError

T = TypeVar("T")


class ManagementInterface(Plugin):
    """Methods may raise Transient or HardwareFailure; what a plug-in cannot do raises Unsupported."""

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
        await self.order_boot_device(task, BootDevice.PXE, persistent=False)
        return Done("next boot: network")

    @step("verify", priority=40)
    async def read_identity(self, task: Task) -> Outcome:
        """Keep boot mode, secure boot and maker; a BMC that does not tell them stops nobody."""
        mode = await _if_told(self.get_boot_mode(task.node))
        secure_boot = await _if_told(self.get_secure_boot(task.node))
        await task.saw_boot_modes(mode, secure_boot)
        vendor = await _if_told(self.detect_vendor(task.node))
        if vendor is not None and not task.node.properties.get("vendor"):
            properties = {**task.node.properties, "vendor": vendor}
            await task.save(replace(task.node, properties=properties))
        return Done(f"boot mode {mode}, secure boot {secure_boot}, made by {vendor}")

    async def order_boot_device(self, task: Task, device: BootDevice, *, persistent: bool) -> None:
        """`set_boot_device`, remembered in the node for BMCs that forget (`domain.boot_order`)."""
        await self.set_boot_device(task.node, device, persistent=persistent)
        await task.save(boot_order.ordered(task.node, device, persistent=persistent))

    def supported_boot_modes(self, node: Node) -> tuple[BootMode, ...]:
        """What `set_boot_mode` takes; empty: it cannot be set."""
        return ()

    async def get_boot_mode(self, node: Node) -> BootMode:
        """The mode of the next start."""
        raise self.unsupported(node, "reading the boot mode")

    async def set_boot_mode(self, node: Node, mode: BootMode) -> None:
        """From the next start on."""
        raise self.unsupported(node, "setting the boot mode")

    async def get_secure_boot(self, node: Node) -> bool:
        """Whether secure boot will be on at the next start."""
        raise self.unsupported(node, "secure boot")

    async def set_secure_boot(self, node: Node, on: bool) -> None:
        """From the next start on. Raises Invalid in boot mode `bios`."""
        raise self.unsupported(node, "secure boot")

    async def get_sensors_data(self, node: Node) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """Readings: kind of sensor -> its id -> what it says, in the words of the BMC."""
        raise self.unsupported(node, "sensors")

    async def inject_nmi(self, node: Node) -> None:
        """Interrupt the system that runs, so that it dumps its memory."""
        raise self.unsupported(node, "injecting an NMI")

    async def get_supported_indicators(self, node: Node) -> Indicators:
        """The lights that it has."""
        raise self.unsupported(node, "indicators")

    async def get_indicator_state(
        self, node: Node, component: IndicatorComponent, ident: str
    ) -> IndicatorState:
        """What a light does. Raises NotFound for one that is not there."""
        raise self.unsupported(node, "indicators")

    async def set_indicator_state(
        self, node: Node, component: IndicatorComponent, ident: str, state: IndicatorState
    ) -> None:
        """Switch a light. Raises NotFound; Invalid for a state that it does not have."""
        raise self.unsupported(node, "indicators")

    async def detect_vendor(self, node: Node) -> str:
        """Who made the machine."""
        raise self.unsupported(node, "telling the vendor")

    async def get_mac_addresses(self, node: Node) -> tuple[str, ...]:
        """MACs of its NICs, in lower case, as the BMC knows them."""
        raise self.unsupported(node, "telling MAC addresses")

    async def get_node_health(self, node: Node) -> Health:
        """What the BMC says of the machine as a whole."""
        raise self.unsupported(node, "telling its health")

    async def get_virtual_media(self, node: Node) -> Sequence[VirtualMedium]:
        """The drives that the BMC can pretend to have, and what is in them."""
        raise self.unsupported(node, "virtual media")

    async def attach_virtual_media(self, node: Node, device: MediaDevice, image_url: str) -> None:
        """Put an image into a drive; replaces what is in it. Raises Invalid for a missing drive."""
        raise self.unsupported(node, "virtual media")

    async def detach_virtual_media(self, node: Node, devices: Sequence[MediaDevice]) -> None:
        """Empty these drives (none named: all); an empty one is no error."""
        raise self.unsupported(node, "virtual media")


async def _if_told(question: Awaitable[T]) -> T | None:
    try:
        return await question
    except BessemerError:
        return None
