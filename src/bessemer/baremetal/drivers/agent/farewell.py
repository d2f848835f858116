"""How an agent ends: disks flushed, machine off; or, where it stays on, locked down or in wait."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from bessemer.baremetal.domain.node import Power, PowerTarget
from bessemer.baremetal.domain.provision.work import Done, Outcome, Signal, WaitFor
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.orders import Now, Orders
from bessemer.baremetal.drivers.agent.trouble import (
    AGENT_TROUBLE,
    AgentRefused,
    AgentUnreachable,
)
from bessemer.baremetal.interfaces.power import LOOK_AGAIN, RESET_DUE
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings

_DEAF: Final = (AgentUnreachable, AgentRefused)
_LAST_WORDS: Final = timedelta(seconds=3)
"""For the answer to an order that ends the machine: it may be gone before the answer is out."""


class Farewell:
    """Ends the agent that did a node's deploy."""

    def __init__(self, client: AgentClient, settings: BareMetalSettings, now: Now) -> None:
        self._client = client
        self._orders = Orders(client, settings, now)
        self._settings = settings
        self._now = now

    async def say(self, task: Task) -> Outcome:
        """Done once the machine is off; or may not go off, and its agent does nothing more but start it."""
        power = task.interfaces.power
        if not power.has_switch(task.node):
            return await self._flush(task)
        if task.node.disable_power_off:
            return await self._lock_down(task)
        if await power.get_power_state(task.node) is Power.OFF:
            await task.save(task.node.without_agent())
            return Done("the machine is off")
        asked_at = await self._ask_to_power_off(task)
        waited = self._now() - datetime.fromisoformat(asked_at)
        if waited < self._settings.soft_power_off_timeout:
            return self._until_off(task, "the agent was asked to power the machine off")
        if not task.work.memo.get("forced"):
            await power.switch(task.node, PowerTarget.OFF)
            await task.note(forced=True)
        return self._until_off(
            task, "the agent did not power the machine off in time; the BMC was told to"
        )

    async def _flush(self, task: Task) -> Outcome:
        """Only the agent can start this machine anew, so it lives on until the last step."""
        if not task.node.driver_internal_info.get(RESET_DUE):
            try:
                await self._orders.ask(task, "standby.sync", {})
            except AGENT_TROUBLE as trouble:
                return await self._orders.outcome_of(task, "sync", trouble)
            await task.interfaces.power.power_off(task)
        await task.save(task.node.without_agent())
        return Done("the disks are flushed; the agent is to start the machine anew")

    async def _lock_down(self, task: Task) -> Outcome:
        """A machine that may not go off: its agent takes the NICs down and is never heard again."""
        with suppress(*_DEAF):
            await self._client.start(task.node, "system.lockdown", {}, _LAST_WORDS)
        await task.save(task.node.without_agent())
        return await task.interfaces.power.power_off(task)

    async def _ask_to_power_off(self, task: Task) -> str:
        """When the agent was first asked; it is asked again until it takes the order on.

        Best effort: whatever the agent answers, the BMC has the last word.
        """
        memo = task.work.memo
        asked_at: str = memo.get("power_off_asked_at") or self._now().isoformat()
        if not memo.get("power_off_taken_on"):
            taken_on = False
            with suppress(*_DEAF):
                await self._client.start(task.node, "standby.power_off", {}, _LAST_WORDS)
                taken_on = True
            await task.note(power_off_asked_at=asked_at, power_off_taken_on=taken_on)
        return asked_at

    def _until_off(self, task: Task, reason: str) -> WaitFor:
        timeout = self._settings.soft_power_off_timeout + task.interfaces.power.change_timeout
        words = f"{reason}, and the BMC still reports it as on"
        return WaitFor(Signal.TIMER, timeout, words, look_again=LOOK_AGAIN)
