"""What is asked of BMCs often enough to be said in more than one way: the ways have this in common."""

from typing import Final, Protocol

from bessemer.baremetal.domain.node import Power, PowerTarget
from bessemer.baremetal.drivers.ipmi.access import BmcAccess
from bessemer.baremetal.drivers.ipmi.boot_device import BootOrder

POWER_STATUS: Final = ("power", "status")
POWER_ORDERS: Final = {
    PowerTarget.ON: ("power", "on"),
    PowerTarget.OFF: ("power", "off"),
    PowerTarget.SOFT_OFF: ("power", "soft"),
    PowerTarget.REBOOT: ("power", "reset"),
}
READ_BOOT_FLAGS: Final = ("chassis", "bootparam", "get", "5")
KEEP_BOOT_FLAGS: Final = ("raw", "0x00", "0x08", "0x03", "0x08")
MC_INFO: Final = ("mc", "info")
"""ipmitool's words; messages about a BMC show them, whoever said it."""


class BmcCommands(Protocol):
    """Each may raise BmcUnreachable, BmcRefused (CommandRefused: this command only)."""

    async def power_state(self, access: BmcAccess) -> Power:
        """What the BMC reports now."""

    async def order_power(self, access: BmcAccess, order: PowerTarget) -> None:
        """One of `POWER_ORDERS`; accepted, perhaps not carried out yet."""

    async def boot_flags(self, access: BmcAccess) -> bytes | None:
        """The five data bytes (IPMI 2.0, table 28-14); None when the BMC says nothing useful."""

    async def order_boot(self, access: BmcAccess, order: BootOrder) -> None:
        """For the next start, or from now on."""

    async def keep_boot_flags(self, access: BmcAccess) -> None:
        """Do not drop the boot flags when no boot follows within 60 s (parameter 3)."""

    async def manufacturer(self, access: BmcAccess) -> int:
        """IANA enterprise number, 0 if the BMC tells none."""


def boot_order_in_words(order: BootOrder) -> tuple[str, ...]:
    """Raw for UEFI, which `chassis bootdev` of older ipmitool cannot; it marks the boot as legacy."""
    if order.uefi:
        octets = (0x00, 0x08, 0x05, *order.flags)
        return ("raw", *(f"0x{octet:02x}" for octet in octets))
    options = ("options=persistent",) if order.persistent else ()
    return ("chassis", "bootdev", order.device.value, *options)
