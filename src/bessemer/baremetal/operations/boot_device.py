"""The boot device by request: read from the BMC, or told to it under a lease."""

from datetime import timedelta
from typing import Final

from bessemer.baremetal.domain.lease import NodeLocked, Span
from bessemer.baremetal.domain.node import BootDevice, Node
from bessemer.baremetal.interfaces.management import ManagementInterface
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store import leases
from bessemer.clock import now
from bessemer.errors import Invalid

_LEASE: Final = timedelta(minutes=2)
"""Longer than a BMC that answers at all takes for one order."""


async def supported(desk: Desk, ident: str) -> tuple[BootDevice, ...]:
    """What the node can be told to boot from. Raises NotFound."""
    node, management = await _management(desk, ident)
    return management.supported_boot_devices(node)


async def read(desk: Desk, ident: str) -> tuple[BootDevice | None, bool | None]:
    """What the BMC reports. Raises NotFound, Transient, HardwareFailure."""
    node, management = await _management(desk, ident)
    return await management.get_boot_device(node)


async def write(desk: Desk, ident: str, device: BootDevice, *, persistent: bool) -> None:
    """Tell the BMC. Raises Invalid, NodeLocked, NotFound, Transient, HardwareFailure."""
    node, management = await _management(desk, ident)
    if device not in management.supported_boot_devices(node):
        raise Invalid(f"Node {node.uuid} cannot be told to boot from {device}.")
    async with desk.shelves.database.write() as connection:
        owner, span = f"{desk.hostname}:boot-device", Span(now(), _LEASE)
        lease = await leases.acquire(connection, node.uuid, owner, "boot device", span)
    if lease is None:
        raise NodeLocked(f"Node {node.uuid} is locked by another operation; please retry.")
    try:
        await management.set_boot_device(node, device, persistent=persistent)
    finally:
        async with desk.shelves.database.write() as connection:
            await leases.release(connection, lease)


async def _management(desk: Desk, ident: str) -> tuple[Node, ManagementInterface]:
    async with desk.reading() as connection:
        node = await desk.shelves.nodes.get(connection, ident)
    return node, desk.registry.interfaces_of(node).management
