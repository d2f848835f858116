"""Management by IPMI: boot device, sensors, NMI, vendor."""

from collections.abc import Mapping
from typing import Final

from bessemer.baremetal.domain.node import BootDevice, Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.drivers.ipmi import answers, boot_device
from bessemer.baremetal.drivers.ipmi.access import access_of
from bessemer.baremetal.drivers.ipmi.answers import Sensors
from bessemer.baremetal.drivers.ipmi.boot_orders import BootOrders
from bessemer.baremetal.drivers.ipmi.commands import MC_INFO, BmcCommands
from bessemer.baremetal.drivers.ipmi.ipmitool import Ipmitool
from bessemer.baremetal.drivers.ipmi.properties import PROPERTIES
from bessemer.baremetal.interfaces.management import ManagementInterface
from bessemer.baremetal.settings import BareMetalSettings

_NAMELESS: Final = ("unknown", "unspecified", "reserved")
"""How ipmitool's names begin for numbers that stand for no maker."""


class IpmitoolManagement(ManagementInterface):
    """Named "ipmitool". The boot mode cannot be told or read by IPMI: Unsupported."""

    def __init__(
        self, commands: BmcCommands, ipmitool: Ipmitool, settings: BareMetalSettings
    ) -> None:
        self._commands = commands
        self._ipmitool = ipmitool
        self._settings = settings
        self._boot_orders = BootOrders(commands, settings)

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        access_of(node)

    def properties(self) -> Mapping[str, str]:
        return PROPERTIES

    def supported_boot_devices(self, node: Node) -> tuple[BootDevice, ...]:
        return boot_device.SUPPORTED

    async def set_boot_device(self, node: Node, device: BootDevice, *, persistent: bool) -> None:
        await self._boot_orders.give(node, device, persistent=persistent)

    async def get_boot_device(self, node: Node) -> tuple[BootDevice | None, bool | None]:
        flags = await self._commands.boot_flags(access_of(node))
        return (None, None) if flags is None else boot_device.read(flags)

    async def get_sensors_data(self, node: Node) -> Sensors:
        """A big machine has hundreds, so this takes as long as `ipmi_retry_timeout` lets it."""
        limit = self._settings.ipmi_retry_timeout
        return answers.sensors(
            await self._ipmitool.run(access_of(node), "sdr", command_limit=limit)
        )

    async def inject_nmi(self, node: Node) -> None:
        await self._ipmitool.run(access_of(node), "power", "diag")

    async def detect_vendor(self, node: Node) -> str:
        """The name that `mc info` gives the manufacturer's IANA number, in lower case."""
        access = access_of(node)
        found = answers.manufacturer(await self._ipmitool.run(access, *MC_INFO))
        name = found[1] if found else ""
        if not name or name.lower().startswith(_NAMELESS):
            raise self.unsupported(node, "telling the vendor, since its BMC names none")
        return name.lower()
