"""How BMCs are spoken to: natively where that is spoken, else by ipmitool."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from bessemer.baremetal.domain.node import Power, PowerTarget
from bessemer.baremetal.drivers.ipmi.access import BmcAccess
from bessemer.baremetal.drivers.ipmi.attempts import Attempts
from bessemer.baremetal.drivers.ipmi.boot_device import BootOrder
from bessemer.baremetal.drivers.ipmi.by_ipmitool import IpmitoolCommands
from bessemer.baremetal.drivers.ipmi.commands import BmcCommands
from bessemer.baremetal.drivers.ipmi.ipmitool import Ipmitool
from bessemer.baremetal.drivers.ipmi.native.client import NativeClient, NotSpoken
from bessemer.baremetal.drivers.ipmi.native.commands import NativeCommands
from bessemer.baremetal.hardware_settings import IpmiClient
from bessemer.baremetal.settings import BareMetalSettings
from bessemer_ipmi.cipher_suites import SUITES

ASKED_NATIVELY_AGAIN_AFTER_S: Final = 3600.0
"""A BMC that did not speak it may have got another firmware."""

log = structlog.get_logger()
_Said = TypeVar("_Said")


class IpmiClients:
    """All ways, with one memory of the BMCs; `close` it. `commands`: by the best way for each BMC."""

    def __init__(self, settings: BareMetalSettings) -> None:
        attempts = Attempts(settings)
        self._native = NativeClient(attempts)
        self.ipmitool = Ipmitool(attempts, settings.ipmitool_at_once)
        self.by_ipmitool = IpmitoolCommands(self.ipmitool)
        self.by_itself = NativeCommands(self._native)
        self.commands: BmcCommands = (
            ChosenCommands(self.by_itself, self.by_ipmitool)
            if settings.ipmi_client is IpmiClient.NATIVE
            else self.by_ipmitool
        )

    def close(self) -> None:
        """End what is open."""
        self._native.close()


class ChosenCommands:
    """Implements `BmcCommands`: natively, and by ipmitool where that is not spoken."""

    def __init__(self, native: NativeCommands, ipmitool: IpmitoolCommands) -> None:
        self._native = native
        self._ipmitool = ipmitool
        self._strangers: dict[tuple[str, int], float] = {}

    async def power_state(self, access: BmcAccess) -> Power:
        return await self._said(access, lambda way: way.power_state(access))

    async def order_power(self, access: BmcAccess, order: PowerTarget) -> None:
        await self._said(access, lambda way: way.order_power(access, order))

    async def boot_flags(self, access: BmcAccess) -> bytes | None:
        return await self._said(access, lambda way: way.boot_flags(access))

    async def order_boot(self, access: BmcAccess, order: BootOrder) -> None:
        await self._said(access, lambda way: way.order_boot(access, order))

    async def keep_boot_flags(self, access: BmcAccess) -> None:
        await self._said(access, lambda way: way.keep_boot_flags(access))

    async def manufacturer(self, access: BmcAccess) -> int:
        return await self._said(access, lambda way: way.manufacturer(access))

    async def _said(
        self, access: BmcAccess, say: Callable[[BmcCommands], Awaitable[_Said]]
    ) -> _Said:
        if self._is_native(access):
            try:
                return await say(self._native)
            except NotSpoken as why:
                log.warning("ipmi.spoken_by_ipmitool", bmc=access.address, why=str(why))
                self._strangers[access.endpoint] = asyncio.get_running_loop().time()
        return await say(self._ipmitool)

    def _is_native(self, access: BmcAccess) -> bool:
        plain = access.protocol == "2.0" and access.bridge is None
        if not plain or (access.cipher_suite or min(SUITES)) not in SUITES:
            return False
        since = self._strangers.get(access.endpoint, float("-inf"))
        return asyncio.get_running_loop().time() > since + ASKED_NATIVELY_AGAIN_AFTER_S
