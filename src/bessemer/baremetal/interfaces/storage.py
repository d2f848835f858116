"""Storage: volumes that are elsewhere, attached to a machine before it starts."""

from abc import abstractmethod
from typing import ClassVar

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.work import Outcome
from bessemer.baremetal.interfaces.plugin import Plugin, step
from bessemer.baremetal.interfaces.task import Task


class StorageInterface(Plugin):
    """Works on the node's volume connectors and targets."""

    kind: ClassVar = InterfaceKind.STORAGE

    @step()
    @abstractmethod
    async def attach_volumes(self, task: Task) -> Outcome:
        """Tell the storage which node gets which volumes, and the node where they are."""

    @step()
    @abstractmethod
    async def detach_volumes(self, task: Task) -> Outcome:
        """Undo that; what is not attached any more is no error."""

    @abstractmethod
    async def should_write_image(self, task: Task) -> bool:
        """Whether the image goes onto a local disk; False: the node boots from a volume."""
