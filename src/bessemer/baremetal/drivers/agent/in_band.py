"""What an agent does in any flow: call back, list its steps, and run them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bessemer import clock
from bessemer.baremetal.domain.provision.ranking import OfferedStep
from bessemer.baremetal.domain.provision.work import (
    PHASES,
    Done,
    Failed,
    Outcome,
    Signal,
    WaitFor,
)
from bessemer.baremetal.drivers.agent.boot_retry import patient
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.node_view import node_and_ports
from bessemer.baremetal.drivers.agent.offered_steps import offered_steps
from bessemer.baremetal.drivers.agent.orders import Now, Order, Orders, callback_timeout
from bessemer.baremetal.drivers.agent.trouble import AGENT_TROUBLE
from bessemer.baremetal.drivers.agent.words import next_command, not_heard
from bessemer.baremetal.interfaces.deploy import DeployInterface
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid


class InBand(DeployInterface):
    """A deploy interface whose machines are cleaned and serviced by an agent."""

    def __init__(
        self, settings: BareMetalSettings, client: AgentClient, now: Now = clock.now
    ) -> None:
        self._settings = settings
        self._now = now
        self._client = client
        self._orders = Orders(client, settings, now)

    @step()
    async def wait_for_ramdisk(self, task: Task, until: str | None = None) -> Outcome:
        """`boot.prepare_ramdisk` forgot the last agent, so any agent_url is of this boot."""
        if task.node.driver_internal_info.get("agent_url"):
            return Done("the ramdisk has called back")
        wait = WaitFor(
            Signal.AGENT,
            callback_timeout(self._settings, task.work.flow),
            not_heard(
                "the ramdisk has not called back",
                task.work.flow,
                task.node,
                has_switch=task.interfaces.power.has_switch(task.node),
            ),
        )
        return await patient(task, wait, self._settings.boot_retry_timeout, self._now(), until)

    async def ramdisk_runs(self, task: Task) -> bool:
        """It was heard within `baremetal.fast_track_timeout`, and answers now."""
        heard = task.node.driver_internal_info.get("agent_last_heartbeat")
        if heard is None or self._is_old(datetime.fromisoformat(heard)):
            return False
        try:
            await self._client.status(task.node)
        except AGENT_TROUBLE:
            return False
        return True

    def _is_old(self, moment: datetime) -> bool:
        return self._now() - moment > self._settings.fast_track_timeout

    async def in_band_steps(self, task: Task, phase: str) -> Sequence[OfferedStep] | Outcome:
        """As the agent lists them; its version is kept, to notice another life of the agent."""
        command = f"{phase}.get_{phase}_steps"
        try:
            answer = await self._orders.ask(task, command, node_and_ports(task.node, task.ports))
        except AGENT_TROUBLE as trouble:
            return await self._orders.outcome_of(task, f"get_{phase}_steps", trouble)
        try:
            steps = offered_steps(phase, answer.get(f"{phase}_steps"))
        except Invalid as error:
            return Failed(f"{error} Then: {next_command(task.work.flow, task.node)}.")
        version = answer.get("hardware_manager_version")
        await task.save(task.node.with_internal(hardware_manager_version=version))
        return steps

    async def run_in_band_step(self, task: Task, name: str, args: Mapping[str, Any]) -> Outcome:
        """Have the agent run one of its own clean, deploy or service steps."""
        phase = PHASES[task.work.flow]
        call = task.work.step
        interface = call.interface if call is not None and call.name == name else "deploy"

        async def make() -> Order:
            known = task.node.driver_internal_info.get("hardware_manager_version")
            params = {
                "step": {"interface": interface, "step": name, "args": dict(args)},
                **node_and_ports(task.node, task.ports),
                **({f"{phase}_version": known} if known else {}),
            }
            return Order(f"{phase}.execute_{phase}_step", params, destructive=True)

        return await self._orders.carry_out(task, name, make)
