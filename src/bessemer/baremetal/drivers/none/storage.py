"""Storage interface `noop`: all disks are the machine's own."""

from typing import ClassVar

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.domain.volume import Volumes
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.storage import StorageInterface
from bessemer.baremetal.interfaces.task import Task


class NoopStorage(StorageInterface):
    """Named "noop"."""

    has_volumes: ClassVar = False

    @step()
    async def attach_volumes(self, task: Task) -> Outcome:
        """There are no volumes."""
        return Done("no volume to attach")

    @step()
    async def detach_volumes(self, task: Task) -> Outcome:
        """There are no volumes."""
        return Done("no volume to detach")

    def should_write_image(self, node: Node, volumes: Volumes) -> bool:
        return True
