"""Deploy interface `autodetect`: what a deploy is asked for decides which other interface does it."""

from collections.abc import Mapping
from typing import NoReturn

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Outcome
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.in_band import InBand
from bessemer.baremetal.interfaces.boot import BootInterface
from bessemer.baremetal.interfaces.deploy import DeployInterface
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings


class AutodetectDeploy(InBand):
    """Named "autodetect". Nodes change to the interface found when a deploy begins, and back in the end.

    `candidates`: by name, the most wanted first; the last one is taken when none supports the deploy.
    """

    def __init__(
        self,
        candidates: Mapping[str, DeployInterface],
        settings: BareMetalSettings,
        client: AgentClient,
    ) -> None:
        super().__init__(settings, client)
        self._candidates = candidates

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """As the interface that would do the deploy."""
        self._chosen(node).validate(node, ports)

    def validate_boot(self, node: Node, boot: BootInterface) -> None:
        """As the interface that would do the deploy."""
        self._chosen(node).validate_boot(node, boot)

    def switch_interface(self, node: Node) -> str:
        """The first that supports what instance_info asks for, else the last."""
        fitting = (name for name, each in self._candidates.items() if each.supports_deploy(node))
        return next(fitting, list(self._candidates)[-1])

    @step()
    async def prepare_image(self, task: Task) -> Outcome:
        """Never run: by then the node has another interface."""
        self._refuse(task.node)

    @step()
    async def take_over(self, task: Task) -> Outcome:
        """An adopted instance must be known to be on the disk or in memory."""
        self._refuse(task.node)

    def _refuse(self, node: Node) -> NoReturn:
        names = ", ".join(self._candidates)
        raise self.unsupported(node, f"this: give the node one of the deploy interfaces {names}")

    def _chosen(self, node: Node) -> DeployInterface:
        return self._candidates[self.switch_interface(node)]
