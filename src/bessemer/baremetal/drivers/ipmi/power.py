"""Power by IPMI: `chassis power` through ipmitool."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bessemer.baremetal.domain import boot_order
from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.drivers.ipmi import answers, failures
from bessemer.baremetal.drivers.ipmi.access import access_of
from bessemer.baremetal.drivers.ipmi.boot_orders import BootOrders
from bessemer.baremetal.drivers.ipmi.ipmitool import Ipmitool
from bessemer.baremetal.drivers.ipmi.properties import PROPERTIES
from bessemer.baremetal.drivers.ipmi.verdict import quoted
from bessemer.baremetal.interfaces.power import PowerInterface
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid

_STATUS: Final = ("power", "status")
_ORDERS: Final = {
    PowerTarget.ON: "on",
    PowerTarget.OFF: "off",
    PowerTarget.SOFT_OFF: "soft",
    PowerTarget.REBOOT: "reset",
}

_STARTS: Final = frozenset({PowerTarget.ON, PowerTarget.REBOOT})


class IpmitoolPower(PowerInterface):
    """Named "ipmitool". A BMC that stays silent or refuses raises HardwareFailure in clear words."""

    def __init__(self, ipmitool: Ipmitool, settings: BareMetalSettings) -> None:
        self._ipmitool = ipmitool
        self._settings = settings
        self._boot_orders = BootOrders(ipmitool, settings)

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        access_of(node)

    def properties(self) -> Mapping[str, str]:
        return PROPERTIES

    @property
    def change_timeout(self) -> timedelta:
        return self._settings.power_state_change_timeout

    async def get_power_state(self, node: Node) -> Power:
        access = access_of(node)
        output = await self._ipmitool.run(access, *_STATUS)
        state = answers.power_state(output)
        if state is None:
            said = f"it answers {quoted(output)!r}, which is neither on nor off"
            raise failures.command_refused(access, _STATUS, said)
        return state

    async def switch(self, node: Node, target: PowerTarget) -> None:
        """REBOOT is a hard reset; a machine that is off is switched on instead.

        Before a start, a BMC that forgets is told its boot device again.
        """
        order = _ORDERS.get(target)
        if order is None:
            raise Invalid(
                f"IPMI has no order for {target}: it is a soft power off, then a power on."
            )
        if target is PowerTarget.REBOOT and await self.get_power_state(node) is Power.OFF:
            order = _ORDERS[PowerTarget.ON]
        access = access_of(node)
        device = boot_order.to_repeat(node) if access.force_boot_device else None
        if device is not None and target in _STARTS:
            await self._boot_orders.give(node, device, persistent=True)
        await self._ipmitool.run(access, "power", order)
