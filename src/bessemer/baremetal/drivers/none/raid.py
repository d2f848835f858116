"""RAID interface `no-raid`."""

from collections.abc import Mapping
from typing import Any

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Outcome
from bessemer.baremetal.interfaces.raid import RaidInterface
from bessemer.baremetal.interfaces.task import Task


class NoRaid(RaidInterface):
    """Named "no-raid". Every order is refused, in words; there are no steps."""

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        raise self.unsupported(node, "RAID")

    async def create_configuration(
        self,
        task: Task,
        create_root_volume: bool = True,
        create_nonroot_volumes: bool = True,
        delete_existing: bool = False,
    ) -> Outcome:
        raise self.unsupported(task.node, "RAID")

    async def delete_configuration(self, task: Task) -> Outcome:
        raise self.unsupported(task.node, "RAID")

    async def apply_configuration(
        self,
        task: Task,
        raid_config: Mapping[str, Any],
        create_root_volume: bool = True,
        create_nonroot_volumes: bool = True,
        delete_existing: bool = True,
    ) -> Outcome:
        raise self.unsupported(task.node, "RAID")

    def validate_raid_config(self, node: Node, raid_config: Mapping[str, Any]) -> None:
        raise self.unsupported(node, "RAID")
