"""Inspect interface `no-inspect`."""

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Outcome
from bessemer.baremetal.interfaces.inspect import InspectInterface
from bessemer.baremetal.interfaces.task import Task


class NoInspect(InspectInterface):
    """Named "no-inspect". Every order is refused, in words; there are no steps."""

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        raise self.unsupported(node, "inspection")

    async def wait_for_data(self, task: Task) -> Outcome:
        raise self.unsupported(task.node, "inspection")

    async def process_data(self, task: Task) -> Outcome:
        raise self.unsupported(task.node, "inspection")
