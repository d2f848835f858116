"""Firmware interface `no-firmware`."""

from collections.abc import Mapping, Sequence
from typing import Any

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Outcome
from bessemer.baremetal.interfaces.firmware import FirmwareInterface
from bessemer.baremetal.interfaces.task import Task


class NoFirmware(FirmwareInterface):
    """Named "no-firmware". Every order is refused, in words; there are no steps."""

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        raise self.unsupported(node, "firmware updates")

    async def update(self, task: Task, settings: Sequence[Mapping[str, Any]]) -> Outcome:
        raise self.unsupported(task.node, "firmware updates")

    async def read_components(self, task: Task) -> Outcome:
        raise self.unsupported(task.node, "reading firmware versions")

    async def cache_firmware_components(self, task: Task) -> None:
        raise self.unsupported(task.node, "reading firmware versions")
