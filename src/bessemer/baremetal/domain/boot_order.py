"""Which boot device a machine was told, for BMCs that forget it at every start. Pure.

Kept in driver_internal_info under Ironic's keys: `persistent_boot_device`, and
`is_next_boot_persistent` false while an order for one boot only is not used up.
"""

from bessemer.baremetal.domain.node import BootDevice, Node


def ordered(node: Node, device: BootDevice, *, persistent: bool) -> Node:
    """The node, remembering the order."""
    if not persistent:
        return node.with_internal(is_next_boot_persistent=False)
    return node.with_internal(persistent_boot_device=device.value, is_next_boot_persistent=None)


def started(node: Node) -> Node:
    """The node after a start: an order for one boot is used up."""
    if "is_next_boot_persistent" not in node.driver_internal_info:
        return node
    return node.with_internal(is_next_boot_persistent=None)


def to_repeat(node: Node) -> BootDevice | None:
    """What the BMC must be told again before the next start, if it forgets; None: nothing."""
    info = node.driver_internal_info
    device = info.get("persistent_boot_device")
    if device is None or info.get("is_next_boot_persistent") is False:
        return None
    return BootDevice(device)
