"""The boot device by request: read from the BMC, or told to it."""

from bessemer.baremetal.domain import boot_order
from bessemer.baremetal.domain.node import BootDevice
from bessemer.baremetal.operations.at_conductor import at_conductor
from bessemer.baremetal.operations.at_hardware import at_hardware, node_and_plugins
from bessemer.baremetal.operations.desk import Desk
from bessemer.errors import Invalid


@at_conductor()
async def supported(desk: Desk, ident: str) -> tuple[BootDevice, ...]:
    """What the node can be told to boot from. Raises NotFound."""
    node, plugins = await node_and_plugins(desk, ident)
    return plugins.management.supported_boot_devices(node)


@at_conductor()
async def read(desk: Desk, ident: str) -> tuple[BootDevice | None, bool | None]:
    """What the BMC reports. Raises NodeLocked, NotFound, Transient, HardwareFailure."""
    async with at_hardware(desk, ident, "reading the boot device") as (node, plugins):
        return await plugins.management.get_boot_device(node)


@at_conductor()
async def write(desk: Desk, ident: str, device: BootDevice, *, persistent: bool) -> None:
    """Tell the BMC. Raises Invalid, NodeLocked, NotFound, Transient, HardwareFailure."""
    async with at_hardware(desk, ident, "setting the boot device") as (node, plugins):
        possible = plugins.management.supported_boot_devices(node)
        if device not in possible:
            raise Invalid(
                f"Node {node.uuid} cannot be told to boot from {device}; possible: "
                f"{', '.join(possible) or 'nothing'}."
            )
        await plugins.management.set_boot_device(node, device, persistent=persistent)
        async with desk.shelves.database.write() as connection:
            remembering = boot_order.ordered(node, device, persistent=persistent)
            await desk.shelves.nodes.save(connection, remembering)
