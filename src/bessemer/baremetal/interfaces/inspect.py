"""Inspect: learns what the machine is made of and how it is cabled."""

from abc import abstractmethod
from typing import ClassVar

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.work import Outcome
from bessemer.baremetal.interfaces.plugin import Plugin, step
from bessemer.baremetal.interfaces.task import Task


class InspectInterface(Plugin):
    """Fills properties, ports and their cabling."""

    kind: ClassVar = InterfaceKind.INSPECT

    @step()
    @abstractmethod
    async def wait_for_data(self, task: Task) -> Outcome:
        """Wait for what the inspection ramdisk posts (Signal.INSPECTION)."""

    @step()
    @abstractmethod
    async def process_data(self, task: Task) -> Outcome:
        """Turn the data into properties, ports, local_link_connection; keep the inventory."""
