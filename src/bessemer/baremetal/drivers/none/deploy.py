"""Deploy interface `noop`: somebody else looks after the machine; here it is only kept in the books."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.ranking import OfferedStep
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.interfaces.deploy import DeployInterface
from bessemer.baremetal.interfaces.frames import DeployFrame
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task

_NO_AGENT = "the deploy ramdisk"


class NoopDeploy(DeployInterface):
    """Named "noop". Nodes pass through all states; nothing is switched, booted or written."""

    frame: ClassVar = DeployFrame()
    frame_from_volume: ClassVar = None
    manages_machine: ClassVar = False

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Nothing is needed."""

    @step()
    async def prepare_image(self, task: Task) -> Outcome:
        """None is written."""
        return Done("no image is needed")

    @step()
    async def wait_for_ramdisk(self, task: Task) -> Outcome:
        raise self.unsupported(task.node, _NO_AGENT)

    async def in_band_steps(self, task: Task, phase: str) -> Sequence[OfferedStep] | Outcome:
        raise self.unsupported(task.node, _NO_AGENT)

    async def run_in_band_step(self, task: Task, name: str, args: Mapping[str, Any]) -> Outcome:
        raise self.unsupported(task.node, _NO_AGENT)
