"""Power by the agent: a machine that runs the deploy ramdisk starts anew when it is told to."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.trouble import AgentRefused, AgentUnreachable
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.power import RESET_DUE, PowerInterface, keep_start
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings

_REBOOTS: Final = (PowerTarget.REBOOT, PowerTarget.SOFT_REBOOT)
_REBOOT: Final = "standby.run_image"
_LAST_AGENT: Final = "last_agent"
"""In driver_internal_info: how to reach the agent that is to start the machine anew."""
_ADDRESS: Final = ("agent_url", "agent_secret_token", "agent_verify_ca")
_BY_HAND: Final = "switch the machine on, or off and on, by hand"


class AgentPower(PowerInterface):
    """Named "agent". It cannot switch anything off, since nobody could switch it on again."""

    def __init__(self, agents: AgentClient, settings: BareMetalSettings) -> None:
        self._agents = agents
        self._settings = settings

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Nothing is needed: whether an agent runs shows when it is called."""

    def supported_power_states(self, node: Node) -> tuple[PowerTarget, ...]:
        return _REBOOTS

    def supports_power_sync(self, node: Node) -> bool:
        return False

    @property
    def change_timeout(self) -> timedelta:
        return self._settings.power_state_change_timeout

    async def get_power_state(self, node: Node) -> Power:
        """On, always: nobody else could tell."""
        return Power.ON

    async def switch(self, node: Node, target: PowerTarget) -> None:
        """Raises AgentUnreachable while the machine does not run the deploy ramdisk."""
        match target:
            case PowerTarget.REBOOT | PowerTarget.SOFT_REBOOT:
                await self._agents.start(node, _REBOOT, {})
            case PowerTarget.ON:
                return
            case PowerTarget.OFF | PowerTarget.SOFT_OFF:
                raise self.unsupported(node, f"{target}: nobody could switch it on again")

    @step("deploy", "clean", "service")
    async def power_off(self, task: Task) -> Outcome:
        """It stays on; its agent, which may be forgotten before, is to start it anew in the end."""
        internal = task.node.driver_internal_info
        if internal.get("agent_url"):
            address = {key: internal[key] for key in _ADDRESS if key in internal}
            await task.save(task.node.with_internal(**{_LAST_AGENT: address}))
        return await super().power_off(task)

    @step("deploy", "clean", "service")
    async def power_on(self, task: Task) -> Outcome:
        """Have the agent start the machine anew; without one that is for somebody to do by hand."""
        internal = task.node.driver_internal_info
        detail = "the machine is on"
        if internal.get(RESET_DUE):
            detail = await self._start_anew(task, internal.get(_LAST_AGENT))
            await task.save(task.node.with_internal(**{_LAST_AGENT: None}))
        await task.saw_power(Power.ON)
        await keep_start(task)
        return Done(detail)

    async def _start_anew(self, task: Task, address: Mapping[str, Any] | None) -> str:
        """What was done, in words. Raises AgentUnreachable, AgentRefused."""
        if address is None:
            return f"no agent runs there: {_BY_HAND}"
        told_before = bool(task.work.memo.get("told"))
        await task.note(told=True)
        try:
            await self._agents.start(_as_reached(task.node, address), _REBOOT, {})
        except (AgentUnreachable, AgentRefused) as trouble:
            if not told_before:
                await task.note(told=False)
                if task.work.awaits_ramdisk:
                    return f"{trouble.message} So {_BY_HAND}."
                raise
        return "its agent starts the machine anew"


def _as_reached(node: Node, address: Mapping[str, Any]) -> Node:
    return replace(node, driver_internal_info={**node.driver_internal_info, **address})
