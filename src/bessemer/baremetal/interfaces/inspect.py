"""Inspect: learns what the machine is made of and how it is cabled."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from bessemer.baremetal.domain.inspection_rules.actions import Case
from bessemer.baremetal.domain.inspection_rules.rule import InspectionRule
from bessemer.baremetal.domain.node import InterfaceKind, Node
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

    async def discovered(
        self, node: Node, report: Mapping[str, Any], rules: Sequence[InspectionRule]
    ) -> Case:
        """What a ramdisk's report makes of a machine that nobody enrolled, as the rules leave it.

        `node` is new and empty. What a rule objects to becomes `last_error`, and no rule applies
        then. Raises Invalid for a report that cannot be true.
        """
        raise self.unsupported(node, "auto-discovery")
