"""Whether a node's deploy boots it from a volume, and what that needs."""

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.volume import Volumes
from bessemer.baremetal.interfaces.boot import ISCSI_VOLUME_BOOT, BootInterface
from bessemer.baremetal.interfaces.registry import NodeInterfaces


def boots_from_volume(interfaces: NodeInterfaces, node: Node, volumes: Volumes) -> bool:
    """Whether no image is written, since the instance is on a volume already."""
    possible = interfaces.deploy.frame_from_volume is not None and interfaces.storage.has_volumes
    return possible and not interfaces.storage.should_write_image(node, volumes)


def check_volume_boot(node: Node, boot: BootInterface) -> None:
    """Raises Invalid unless the boot interface can boot an instance from a volume."""
    if ISCSI_VOLUME_BOOT not in boot.capabilities:
        raise boot.unsupported(
            node,
            f"to boot from a volume (capability {ISCSI_VOLUME_BOOT}): give the node boot interface "
            "ipxe, or name an image for its own disk in instance_info.image_source",
        )
