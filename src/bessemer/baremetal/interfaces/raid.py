"""RAID: physical disks put together into logical ones."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.domain.provision.work import Outcome
from bessemer.baremetal.domain.raid import check_raid_config, logical_disk_properties
from bessemer.baremetal.interfaces.plugin import Argument, Plugin, step
from bessemer.baremetal.interfaces.task import Task

CREATION: Final = (
    Argument("create_root_volume", "Whether to make the root volume. Default: true."),
    Argument("create_nonroot_volumes", "Whether to make the other volumes. Default: true."),
    Argument("delete_existing", "Whether to delete what is there before. Default: false."),
)
APPLICATION: Final = (
    Argument("raid_config", "The wished-for configuration.", required=True),
    *CREATION,
)


class RaidInterface(Plugin):
    """What is wished for is `node.target_raid_config`; what is there, `node.raid_config`."""

    kind: ClassVar = InterfaceKind.RAID

    @step("clean", "service", arguments=CREATION)
    @abstractmethod
    async def create_configuration(
        self,
        task: Task,
        create_root_volume: bool = True,
        create_nonroot_volumes: bool = True,
        delete_existing: bool = False,
    ) -> Outcome:
        """Make the logical disks of `node.target_raid_config`."""

    @step("clean", "service")
    @abstractmethod
    async def delete_configuration(self, task: Task) -> Outcome:
        """Take every logical disk apart; asks for leave to destroy."""

    @step("deploy", "service", arguments=APPLICATION)
    @abstractmethod
    async def apply_configuration(
        self,
        task: Task,
        raid_config: Mapping[str, Any],
        create_root_volume: bool = True,
        create_nonroot_volumes: bool = True,
        delete_existing: bool = True,
    ) -> Outcome:
        """Make the logical disks of `raid_config`, whatever the node's target says."""

    def validate_raid_config(self, node: Node, raid_config: Mapping[str, Any]) -> None:
        """Raises Invalid, naming the disk and the key, for what this hardware cannot become."""
        check_raid_config(raid_config)

    def logical_disk_properties(self) -> Mapping[str, str]:
        """What each key of a logical disk means."""
        return logical_disk_properties()
