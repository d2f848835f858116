"""The commands said by the native client."""

from typing import Final

from bessemer.baremetal.domain.node import Power, PowerTarget
from bessemer.baremetal.drivers.ipmi import commands as words
from bessemer.baremetal.drivers.ipmi import failures
from bessemer.baremetal.drivers.ipmi.access import BmcAccess
from bessemer.baremetal.drivers.ipmi.boot_device import BootOrder
from bessemer.baremetal.drivers.ipmi.native.client import NativeClient
from bessemer_ipmi.commands import chassis
from bessemer_ipmi.commands.chassis import BootOption, Control
from bessemer_ipmi.commands.session import DeviceId, get_device_id
from bessemer_ipmi.malformed import Malformed

_ORDERS: Final = {
    PowerTarget.ON: Control.POWER_UP,
    PowerTarget.OFF: Control.POWER_DOWN,
    PowerTarget.SOFT_OFF: Control.SOFT_SHUTDOWN,
    PowerTarget.REBOOT: Control.HARD_RESET,
}


class NativeCommands:
    """Implements `BmcCommands`; each also raises NotSpoken."""

    def __init__(self, client: NativeClient) -> None:
        self._client = client

    async def power_state(self, access: BmcAccess) -> Power:
        data = await self._client.ask(access, chassis.get_status(), words.POWER_STATUS)
        try:
            return Power.ON if chassis.power_is_on(data) else Power.OFF
        except Malformed as error:
            raise failures.command_refused(access, words.POWER_STATUS, str(error)) from None

    async def order_power(self, access: BmcAccess, order: PowerTarget) -> None:
        request = chassis.control(_ORDERS[order])
        await self._client.ask(access, request, words.POWER_ORDERS[order])

    async def boot_flags(self, access: BmcAccess) -> bytes | None:
        request = chassis.get_boot_option(BootOption.BOOT_FLAGS)
        data = await self._client.ask(access, request, words.READ_BOOT_FLAGS)
        try:
            _, flags = chassis.boot_option(data) or (0, b"")
        except Malformed:
            return None
        return flags if len(flags) == chassis.BOOT_FLAGS_OCTETS else None

    async def order_boot(self, access: BmcAccess, order: BootOrder) -> None:
        request = chassis.set_boot_option(BootOption.BOOT_FLAGS, order.flags)
        await self._client.ask(access, request, words.boot_order_in_words(order))

    async def keep_boot_flags(self, access: BmcAccess) -> None:
        value = bytes((chassis.KEEP_BOOT_FLAGS,))
        request = chassis.set_boot_option(BootOption.VALID_BIT_CLEARING, value)
        await self._client.ask(access, request, words.KEEP_BOOT_FLAGS)

    async def manufacturer(self, access: BmcAccess) -> int:
        data = await self._client.ask(access, get_device_id(), words.MC_INFO)
        try:
            return DeviceId.decode(data).manufacturer
        except Malformed:
            return 0
