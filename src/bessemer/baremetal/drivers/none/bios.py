"""BIOS interface `no-bios`."""

from collections.abc import Mapping, Sequence
from typing import Any

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Outcome
from bessemer.baremetal.interfaces.bios import BiosInterface
from bessemer.baremetal.interfaces.task import Task


class NoBios(BiosInterface):
    """Named "no-bios". Every order is refused, in words; there are no steps."""

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        raise self.unsupported(node, "BIOS settings")

    async def apply_configuration(
        self, task: Task, settings: Sequence[Mapping[str, Any]]
    ) -> Outcome:
        raise self.unsupported(task.node, "changing BIOS settings")

    async def factory_reset(self, task: Task) -> Outcome:
        raise self.unsupported(task.node, "resetting the BIOS")

    async def read_settings(self, task: Task) -> Outcome:
        raise self.unsupported(task.node, "reading BIOS settings")

    async def cache_bios_settings(self, task: Task) -> None:
        raise self.unsupported(task.node, "reading BIOS settings")
