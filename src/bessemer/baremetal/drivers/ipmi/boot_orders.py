"""Tells BMCs what to boot from, with all that their makes want differently."""

import structlog

from bessemer.baremetal.domain.node import BootDevice, Node
from bessemer.baremetal.drivers.ipmi import answers, boot_device
from bessemer.baremetal.drivers.ipmi.access import BmcAccess, access_of
from bessemer.baremetal.drivers.ipmi.failures import CommandRefused
from bessemer.baremetal.drivers.ipmi.ipmitool import Ipmitool
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid

log = structlog.get_logger()


class BootOrders:
    """Shared by the management plug-in and, for BMCs that forget, the power plug-in."""

    def __init__(self, ipmitool: Ipmitool, settings: BareMetalSettings) -> None:
        self._ipmitool = ipmitool
        self._settings = settings

    async def give(self, node: Node, device: BootDevice, *, persistent: bool) -> None:
        """The form depends on the node's boot mode (else `baremetal.default_boot_mode`).

        Raises Invalid for a device that IPMI does not know, BmcUnreachable, BmcRefused.
        """
        if device not in boot_device.SUPPORTED:
            raise Invalid(f"IPMI cannot boot from {device}.")
        access = access_of(node)
        command = await self._command(access, node, device, persistent)
        if access.disable_boot_timeout:
            await self._disable_timeout(access)
        await self._ipmitool.run(access, *command)

    async def _command(
        self, access: BmcAccess, node: Node, device: BootDevice, persistent: bool
    ) -> tuple[str, ...]:
        mode = node.wanted_boot_mode or self._settings.default_boot_mode
        if mode != "uefi":
            return boot_device.bios_command(device, persistent=persistent)
        # Only the disk has a code of its own on some boards: no need to ask otherwise.
        supermicro = device is BootDevice.DISK and await self._is_supermicro(access)
        return boot_device.uefi_command(device, persistent=persistent, supermicro=supermicro)

    async def _is_supermicro(self, access: BmcAccess) -> bool:
        number = self._ipmitool.manufacturer(access)
        if number is None:
            found = answers.manufacturer(await self._ipmitool.run(access, "mc", "info"))
            number = found[0] if found else 0
            self._ipmitool.remember_manufacturer(access, number)
        return boot_device.is_supermicro(number)

    async def _disable_timeout(self, access: BmcAccess) -> None:
        # A BMC without this parameter may still keep the order long enough.
        try:
            await self._ipmitool.run(access, *boot_device.DISABLE_TIMEOUT)
        except CommandRefused as error:
            log.warning(
                "ipmi.boot_timeout_stays",
                bmc=access.address,
                why=error.message,
                remedy="set driver_info.ipmi_disable_boot_timeout to false to not ask",
            )
