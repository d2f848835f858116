"""Rescue interface `no-rescue`."""

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Outcome
from bessemer.baremetal.interfaces.rescue import RescueInterface
from bessemer.baremetal.interfaces.task import Task


class NoRescue(RescueInterface):
    """Named "no-rescue". Every order is refused, in words; there are no steps."""

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        raise self.unsupported(node, "rescue")

    async def rescue(self, task: Task) -> Outcome:
        raise self.unsupported(task.node, "rescue")

    async def unrescue(self, task: Task) -> Outcome:
        raise self.unsupported(task.node, "rescue")

    async def clean_up(self, task: Task) -> None:
        """Nothing was ever begun."""
