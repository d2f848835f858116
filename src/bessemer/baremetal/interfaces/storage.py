"""Storage: volumes that are elsewhere, attached to a machine before it starts."""

from abc import abstractmethod
from typing import ClassVar

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Outcome
from bessemer.baremetal.domain.volume import Volumes
from bessemer.baremetal.interfaces.plugin import Plugin, step
from bessemer.baremetal.interfaces.task import Task


class StorageInterface(Plugin):
    """Works on the node's volume connectors and targets."""

    kind: ClassVar = InterfaceKind.STORAGE
    has_volumes: ClassVar[bool] = True
    """Whether a node may have any; without, nobody asks for them and no flow has steps for them."""

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """What it needs of the node alone: nothing."""

    def validate_volumes(self, node: Node, volumes: Volumes) -> None:
        """Raises Invalid, naming the target or connector, when they could not be attached."""

    @step()
    @abstractmethod
    async def attach_volumes(self, task: Task) -> Outcome:
        """Tell the storage which node gets which volumes, and the node where they are."""

    @step()
    @abstractmethod
    async def detach_volumes(self, task: Task) -> Outcome:
        """Undo that; what is not attached any more is no error."""

    @abstractmethod
    def should_write_image(self, node: Node, volumes: Volumes) -> bool:
        """Whether the image goes onto a local disk; False: the node boots from a volume."""
