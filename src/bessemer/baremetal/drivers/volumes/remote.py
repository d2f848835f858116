"""What storage interfaces of remote volumes share: when a node boots from one, and what it must know."""

from typing import Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.san import san_boot
from bessemer.baremetal.domain.volume import FIBRE_CHANNEL, ISCSI, Volumes
from bessemer.baremetal.interfaces.boot import INSTANCE_BOOT
from bessemer.baremetal.interfaces.storage import StorageInterface
from bessemer.baremetal.interfaces.task import Task
from bessemer.errors import Invalid

KNOWN_TYPES: Final = (ISCSI, FIBRE_CHANNEL)


class RemoteStorage(StorageInterface):
    """A node without instance_info.image_source boots from its target of boot_index 0, if it has one."""

    def validate_volumes(self, node: Node, volumes: Volumes) -> None:
        """Raises Invalid: volume types, connectors."""
        for target in volumes.targets:
            if target.volume_type not in KNOWN_TYPES:
                raise Invalid(
                    f"Volume target {target.uuid}: volume_type must be {' or '.join(KNOWN_TYPES)}."
                )
        volumes.check_reachable()
        root = volumes.root
        if not self.should_write_image(node, volumes) and root and root.volume_type != ISCSI:
            raise Invalid(
                f"Volume target {root.uuid}: machines boot from volumes of type {ISCSI} only; name "
                "an image for the node's own disk in instance_info.image_source."
            )

    def should_write_image(self, node: Node, volumes: Volumes) -> bool:
        return bool(node.instance_info.get("image_source")) or volumes.root is None

    async def remember_boot(self, task: Task, volumes: Volumes) -> None:
        """Let the boot interface know where the node's instance is. Raises Invalid."""
        from_disk = self.should_write_image(task.node, volumes)
        boot = None if from_disk else {"san": san_boot(volumes).as_json()}
        await task.save(task.node.with_internal(**{INSTANCE_BOOT: boot}))
