"""Storage interface `noop`: all disks are the machine's own."""

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.storage import StorageInterface
from bessemer.baremetal.interfaces.task import Task


class NoopStorage(StorageInterface):
    """Named "noop"."""

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Nothing is needed."""

    @step()
    async def attach_volumes(self, task: Task) -> Outcome:
        """There are no volumes."""
        return Done("no volume to attach")

    @step()
    async def detach_volumes(self, task: Task) -> Outcome:
        """There are no volumes."""
        return Done("no volume to detach")

    async def should_write_image(self, task: Task) -> bool:
        return True
