"""The commands said by the ipmitool program."""

from bessemer.baremetal.domain.node import Power, PowerTarget
from bessemer.baremetal.drivers.ipmi import answers, commands, failures
from bessemer.baremetal.drivers.ipmi.access import BmcAccess
from bessemer.baremetal.drivers.ipmi.boot_device import BootOrder
from bessemer.baremetal.drivers.ipmi.ipmitool import Ipmitool
from bessemer.baremetal.drivers.ipmi.verdict import quoted


class IpmitoolCommands:
    """Implements `BmcCommands`."""

    def __init__(self, ipmitool: Ipmitool) -> None:
        self._ipmitool = ipmitool

    async def power_state(self, access: BmcAccess) -> Power:
        output = await self._ipmitool.run(access, *commands.POWER_STATUS)
        state = answers.power_state(output)
        if state is None:
            said = f"it answers {quoted(output)!r}, which is neither on nor off"
            raise failures.command_refused(access, commands.POWER_STATUS, said)
        return state

    async def order_power(self, access: BmcAccess, order: PowerTarget) -> None:
        await self._ipmitool.run(access, *commands.POWER_ORDERS[order])

    async def boot_flags(self, access: BmcAccess) -> bytes | None:
        return answers.boot_flags(await self._ipmitool.run(access, *commands.READ_BOOT_FLAGS))

    async def order_boot(self, access: BmcAccess, order: BootOrder) -> None:
        await self._ipmitool.run(access, *commands.boot_order_in_words(order))

    async def keep_boot_flags(self, access: BmcAccess) -> None:
        await self._ipmitool.run(access, *commands.KEEP_BOOT_FLAGS)

    async def manufacturer(self, access: BmcAccess) -> int:
        found = answers.manufacturer(await self._ipmitool.run(access, *commands.MC_INFO))
        return found[0] if found else 0
