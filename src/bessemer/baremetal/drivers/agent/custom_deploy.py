"""Deploy interface `custom-agent`: the agent's own steps put the system on the disk, if any does."""

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.drivers.agent.deploy import AgentDeploy
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task


class CustomAgentDeploy(AgentDeploy):
    """Named "custom-agent": as `direct`, but what writes is a step of a user or a deploy template."""

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Nothing of its own: no image is needed, and the agent judges the steps asked for."""

    @step()
    async def prepare_image(self, task: Task) -> Outcome:
        """There is none to look for."""
        return Done("the steps asked for bring what they need")
