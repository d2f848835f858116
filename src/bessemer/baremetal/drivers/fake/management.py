"""Boot device of fake machines, kept in this process."""

from bessemer.baremetal.domain.node import BootDevice, Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.drivers.fake.play import ask_bmc, script_of
from bessemer.baremetal.interfaces.management import ManagementInterface
from bessemer.errors import Invalid


class FakeManagement(ManagementInterface):
    """Named "fake"."""

    def __init__(self) -> None:
        self._devices: dict[str, tuple[BootDevice, bool]] = {}

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        script_of(node)

    async def set_boot_device(self, node: Node, device: BootDevice, *, persistent: bool) -> None:
        ask_bmc(node)
        if device not in self.supported_boot_devices(node):
            raise Invalid(f"A fake machine cannot boot from {device}.")
        self._devices[node.uuid] = (device, persistent)

    async def get_boot_device(self, node: Node) -> tuple[BootDevice | None, bool | None]:
        ask_bmc(node)
        return self._devices.get(node.uuid, (None, None))

    def supported_boot_devices(self, node: Node) -> tuple[BootDevice, ...]:
        return tuple(BootDevice)
