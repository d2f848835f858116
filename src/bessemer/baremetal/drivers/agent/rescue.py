"""Rescue interface `agent`: the booted ramdisk takes the password and becomes the rescue."""

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.orders import Orders
from bessemer.baremetal.drivers.agent.trouble import AGENT_TROUBLE
from bessemer.baremetal.drivers.agent.words import next_command
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.rescue import RescueInterface
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings


class AgentRescue(RescueInterface):
    """Named "agent". The agent gets the password as a hash and then serves no commands any more."""

    def __init__(self, client: AgentClient, settings: BareMetalSettings) -> None:
        self._orders = Orders(client, settings)

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Nothing of its own: boot and network interface say what they need."""

    @step()
    async def rescue(self, task: Task) -> Outcome:
        """`rescue.finalize_rescue`; an agent that already took it is not asked again."""
        if task.node.driver_internal_info.get("rescued_under") == task.work.intent:
            return Done("the ramdisk has taken the password")
        hashed = task.node.instance_info.get("hashed_rescue_password")
        if not isinstance(hashed, Secret):
            return Failed(
                "The rescue password is gone from instance_info; give it again: "
                f"{next_command(task.work.flow, task.node)}."
            )
        params = {"rescue_password": hashed.reveal(), "hashed": True}
        try:
            await self._orders.ask(task, "rescue.finalize_rescue", params)
        except AGENT_TROUBLE as trouble:
            return await self._orders.outcome_of(task, "finalize_rescue", trouble)
        await task.save(task.node.with_internal(rescued_under=task.work.intent))
        return Done("the ramdisk has taken the password")

    @step()
    async def unrescue(self, task: Task) -> Outcome:
        """The machine is off, and so its rescue ramdisk is gone."""
        await self.clean_up(task)
        return Done("the rescue is over")

    async def clean_up(self, task: Task) -> None:
        internal = task.node.driver_internal_info
        gone = {key: None for key in internal if key.startswith("agent_") or key == "rescued_under"}
        if gone:
            await task.save(task.node.with_internal(**gone))
