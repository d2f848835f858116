"""Power by IPMI: `chassis power`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bessemer.baremetal.domain import boot_order
from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.drivers.ipmi.access import access_of
from bessemer.baremetal.drivers.ipmi.boot_orders import BootOrders
from bessemer.baremetal.drivers.ipmi.commands import POWER_ORDERS, BmcCommands
from bessemer.baremetal.drivers.ipmi.properties import PROPERTIES
from bessemer.baremetal.interfaces.power import PowerInterface
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid

_STARTS: Final = frozenset({PowerTarget.ON, PowerTarget.REBOOT})


class IpmitoolPower(PowerInterface):
    """Named "ipmitool". A BMC that stays silent or refuses raises HardwareFailure in clear words."""

    def __init__(self, commands: BmcCommands, settings: BareMetalSettings) -> None:
        self._commands = commands
        self._settings = settings
        self._boot_orders = BootOrders(commands, settings)

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        access_of(node)

    def properties(self) -> Mapping[str, str]:
        return PROPERTIES

    @property
    def change_timeout(self) -> timedelta:
        return self._settings.power_state_change_timeout

    async def get_power_state(self, node: Node) -> Power:
        return await self._commands.power_state(access_of(node))

    async def switch(self, node: Node, target: PowerTarget) -> None:
        """REBOOT is a hard reset; a machine that is off is switched on instead.

        Before a start, a BMC that forgets is told its boot device again.
        """
        if target not in POWER_ORDERS:
            raise Invalid(
                f"IPMI has no order for {target}: it is a soft power off, then a power on."
            )
        if target is PowerTarget.REBOOT and await self.get_power_state(node) is Power.OFF:
            target = PowerTarget.ON
        access = access_of(node)
        device = boot_order.to_repeat(node) if access.force_boot_device else None
        if device is not None and target in _STARTS:
            await self._boot_orders.give(node, device, persistent=True)
        await self._commands.order_power(access, target)
