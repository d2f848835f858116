"""Management interface `noop`: the machine boots as its operator has set it up by hand."""

from bessemer.baremetal.domain.node import BootDevice, Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.interfaces.management import ManagementInterface
from bessemer.errors import Invalid

_SUPPORTED = (BootDevice.PXE, BootDevice.DISK)


class NoopManagement(ManagementInterface):
    """Named "noop". For machines that try the network first and fall back to their disk."""

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Nothing is needed."""

    async def set_boot_device(self, node: Node, device: BootDevice, *, persistent: bool) -> None:
        """Nothing is done: the machine finds its way by itself."""
        if device not in _SUPPORTED:
            raise Invalid(
                f"Management interface noop cannot make node {node.uuid} boot from {device}; "
                f"possible: {', '.join(_SUPPORTED)}."
            )

    async def get_boot_device(self, node: Node) -> tuple[BootDevice | None, bool | None]:
        return None, None

    def supported_boot_devices(self, node: Node) -> tuple[BootDevice, ...]:
        return _SUPPORTED
