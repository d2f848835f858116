"""A non-maskable interrupt by request: the machine's system stops and dumps its memory."""

from bessemer.baremetal.operations.at_conductor import at_conductor
from bessemer.baremetal.operations.at_hardware import at_hardware
from bessemer.baremetal.operations.desk import Desk


@at_conductor()
async def inject_nmi(desk: Desk, ident: str) -> None:
    """Tell the BMC. Raises Unsupported, NodeLocked, NotFound, Transient, HardwareFailure."""
    async with at_hardware(desk, ident, "injecting an NMI") as (node, plugins):
        await plugins.management.inject_nmi(node)
