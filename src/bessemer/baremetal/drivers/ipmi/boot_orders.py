"""Tells BMCs what to boot from, with all that their makes want differently."""

import structlog

from bessemer.baremetal.domain.node import BootDevice, Node
from bessemer.baremetal.drivers.ipmi import boot_device
from bessemer.baremetal.drivers.ipmi.access import BmcAccess, access_of
from bessemer.baremetal.drivers.ipmi.boot_device import BootOrder
from bessemer.baremetal.drivers.ipmi.commands import BmcCommands
from bessemer.baremetal.drivers.ipmi.failures import CommandRefused
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid

log = structlog.get_logger()


class BootOrders:
    """Shared by the management plug-in and, for BMCs that forget, the power plug-in."""

    def __init__(self, commands: BmcCommands, settings: BareMetalSettings) -> None:
        self._commands = commands
        self._settings = settings
        self._manufacturers: dict[tuple[str, int], int] = {}

    async def give(self, node: Node, device: BootDevice, *, persistent: bool) -> None:
        """The form depends on the node's boot mode (else `baremetal.default_boot_mode`).

        Raises Invalid for a device that IPMI does not know, BmcUnreachable, BmcRefused.
        """
        if device not in boot_device.SUPPORTED:
            raise Invalid(f"IPMI cannot boot from {device}.")
        access = access_of(node)
        uefi = (node.wanted_boot_mode or self._settings.default_boot_mode) == "uefi"
        # Only the disk has a code of its own on some boards: no need to ask otherwise.
        supermicro = uefi and device is BootDevice.DISK and await self._is_supermicro(access)
        if access.disable_boot_timeout:
            await self._disable_timeout(access)
        await self._commands.order_boot(access, BootOrder(device, persistent, uefi, supermicro))

    async def _is_supermicro(self, access: BmcAccess) -> bool:
        number = self._manufacturers.get(access.endpoint)
        if number is None:
            number = await self._commands.manufacturer(access)
            self._manufacturers[access.endpoint] = number
        return boot_device.is_supermicro(number)

    async def _disable_timeout(self, access: BmcAccess) -> None:
        # A BMC without this parameter may still keep the order long enough.
        try:
            await self._commands.keep_boot_flags(access)
        except CommandRefused as error:
            log.warning(
                "ipmi.boot_timeout_stays",
                bmc=access.address,
                why=error.message,
                remedy="set driver_info.ipmi_disable_boot_timeout to false to not ask",
            )
