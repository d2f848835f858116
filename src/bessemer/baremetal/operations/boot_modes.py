"""Boot mode and secure boot by request, each kept in the node as it was set."""

from bessemer.baremetal.domain.management import BootMode
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import IN_MOTION
from bessemer.baremetal.operations.at_conductor import at_conductor
from bessemer.baremetal.operations.at_hardware import at_hardware, keep
from bessemer.baremetal.operations.desk import Desk
from bessemer.errors import Conflict, Invalid


@at_conductor()
async def set_boot_mode(desk: Desk, ident: str, mode: BootMode) -> str:
    """From the machine's next start on; returns the node's uuid.

    Raises Conflict (in motion), Unsupported, Invalid, NodeLocked, NotFound, Transient,
    HardwareFailure.
    """
    async with at_hardware(desk, ident, "setting the boot mode") as (node, plugins):
        _refuse_in_motion(node, "boot mode")
        possible = plugins.management.supported_boot_modes(node)
        if possible and mode not in possible:
            raise Invalid(
                f"Node {node.uuid} has no boot mode {mode}; possible: {', '.join(possible)}."
            )
        await plugins.management.set_boot_mode(node, mode)
        return (await keep(desk, node.uuid, boot_mode=mode.value)).uuid


@at_conductor()
async def set_secure_boot(desk: Desk, ident: str, *, on: bool) -> str:
    """From the machine's next start on. Raises as `set_boot_mode` does."""
    async with at_hardware(desk, ident, "setting secure boot") as (node, plugins):
        _refuse_in_motion(node, "secure boot")
        await plugins.management.set_secure_boot(node, on)
        return (await keep(desk, node.uuid, secure_boot=on)).uuid


def _refuse_in_motion(node: Node, what: str) -> None:
    if node.provision_state in IN_MOTION:
        raise Conflict(
            f"The {what} of node {node.uuid} cannot be changed while it is in state "
            f'"{node.provision_state}"; try again when it is at rest.'
        )
