"""Orders: one long command of an agent, given once and followed to its end across crashes.

The agent's own list of commands is the record. Before the order goes out, the ids of the commands
that are already there are written down; whatever appears besides them afterwards is ours, so that
a server killed between sending and remembering finds its order again instead of giving it twice.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bessemer import clock
from bessemer.baremetal.domain.provision.work import Done, Failed, Flow, Outcome, Signal, WaitFor
from bessemer.baremetal.drivers.agent.client import AgentClient, said
from bessemer.baremetal.drivers.agent.trouble import AGENT_TROUBLE, AgentBusy, AgentUnreachable
from bessemer.baremetal.drivers.agent.words import how_far, next_command, seconds
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer_wire import CommandResult, CommandStatus


@dataclass(frozen=True, slots=True)
class Order:
    """`name` is `<extension>.<command>`."""

    name: str
    params: Mapping[str, Any]
    destructive: bool = False

    @property
    def bare_name(self) -> str:
        """As the agent's list spells it."""
        return self.name.partition(".")[2]


MakeOrder = Callable[[], Awaitable[Order]]
Keep = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Takes what the agent says of an order that it carried out; perhaps more than once."""
Now = Callable[[], datetime]


class Orders:
    """Gives orders to agents, and turns what becomes of them into outcomes."""

    def __init__(
        self, client: AgentClient, settings: BareMetalSettings, now: Now = clock.now
    ) -> None:
        self._client = client
        self._settings = settings
        self._now = now

    async def carry_out(
        self, task: Task, what: str, make: MakeOrder, keep: Keep | None = None
    ) -> Outcome:
        """Done when the order has been carried out. `what` names it in words, `make` states it.

        `make` is only called when the order has to be given, right before; `keep` with the result.
        """
        try:
            commands = await self._client.commands(task.node)
            await self._heard(task)
            entry = await self._ours(task, commands) or await self._give(task, commands, make)
        except _Forgotten:
            return self._forgotten(task, what)
        except AGENT_TROUBLE as trouble:
            return await self.outcome_of(task, what, trouble)
        if keep is not None and entry.command_status is CommandStatus.SUCCEEDED:
            await keep(entry.command_result if isinstance(entry.command_result, Mapping) else {})
        return await self._judged(task, what, entry)

    async def ask(self, task: Task, name: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """A quick command's result. Raises AGENT_TROUBLE."""
        result = await self._client.ask(task.node, name, params)
        await self._heard(task)
        return result

    async def outcome_of(self, task: Task, what: str, trouble: Exception) -> Outcome:
        """What a step answers when its agent made trouble."""
        match trouble:
            case AgentUnreachable():
                return await self._silence(task, what, trouble)
            case AgentBusy():
                return self._wait(task, f"{what}: {trouble.message}")
            case _:
                return Failed(f"{what}: {trouble} {self._start_over(task)}")

    async def _ours(self, task: Task, commands: list[CommandResult]) -> CommandResult | None:
        """The entry of the order that an earlier run gave; None when none was. Raises _Forgotten."""
        memo = task.work.memo
        if "known_commands" not in memo:
            return None
        listed = {entry.id: entry for entry in commands}
        if not set(memo["known_commands"]) <= set(listed):
            raise _Forgotten
        if memo.get("command_id"):
            if memo["command_id"] not in listed:
                raise _Forgotten
            return listed[memo["command_id"]]
        ours = [
            entry
            for entry in commands
            if entry.id not in memo["known_commands"] and entry.command_name == memo["command"]
        ]
        if ours:
            await task.note(command_id=ours[-1].id)
        return ours[-1] if ours else None

    async def _give(
        self, task: Task, commands: list[CommandResult], make: MakeOrder
    ) -> CommandResult:
        order = await make()
        if "known_commands" not in task.work.memo:
            known = [entry.id for entry in commands]
            await task.note(known_commands=known, command=order.bare_name)
        if order.destructive:
            await task.permit_destruction()
        entry = await self._client.start(task.node, order.name, order.params)
        await task.note(command_id=entry.id)
        return entry

    async def _judged(self, task: Task, what: str, entry: CommandResult) -> Outcome:
        match entry.command_status:
            case CommandStatus.RUNNING:
                return await self._running(task, what, entry)
            case CommandStatus.SUCCEEDED:
                return Done(f"the agent finished {what}")
            case CommandStatus.FAILED:
                return Failed(f"{what}: the agent says: {said(entry)} {self._start_over(task)}")
            case CommandStatus.CLEAN_VERSION_MISMATCH:
                return Failed(
                    f"{what}: the agent has other hardware managers than when it listed its steps; "
                    f"it was probably started anew. {self._start_over(task)}"
                )

    async def _running(self, task: Task, what: str, entry: CommandResult) -> Outcome:
        progress = entry.command_progress
        reason = f"the agent is at {what}"
        if progress is not None:
            done, total = max(0, progress.done_bytes), max(0, progress.total_bytes)
            if (done, total) != (task.work.progress_done, task.work.progress_total):
                await task.progress(done, total)
            reason = f"{reason}: {how_far(done, total)}"
        return self._wait(task, reason, extends=True)

    async def _silence(self, task: Task, what: str, trouble: AgentUnreachable) -> Outcome:
        now = self._now()
        noted = task.work.memo.get("silent_since")
        if noted is None:
            await task.note(silent_since=now.isoformat())
        since = datetime.fromisoformat(noted) if noted is not None else now
        if now - since < self._settings.agent_lost_after:
            return self._wait(task, f"{what}: {trouble.message} Trying again.")
        return Failed(
            f"{what}: the agent is lost, it has not answered for {seconds(since, now)} s. "
            f"{trouble.message}{self._extent(task)} The machine may have lost power or network, or "
            f"its ramdisk crashed: look at its console. {self._start_over(task)}"
        )

    async def _heard(self, task: Task) -> None:
        if task.work.memo.get("silent_since") is not None:
            await task.note(silent_since=None)

    def _forgotten(self, task: Task, what: str) -> Outcome:
        return Failed(
            f"{what}: the agent was started anew in the middle of it and has forgotten the order."
            f"{self._extent(task)} The ramdisk crashed or the machine was reset: look at its "
            f"console. {self._start_over(task)}"
        )

    def _extent(self, task: Task) -> str:
        done, total = task.work.progress_done, task.work.progress_total
        return f" It had come to {how_far(done, total)}." if done or total else ""

    def _start_over(self, task: Task) -> str:
        return f"Then start over: {next_command(task.work.flow, task.node)}."

    def _wait(self, task: Task, reason: str, *, extends: bool = False) -> WaitFor:
        return WaitFor(
            Signal.AGENT,
            callback_timeout(self._settings, task.work.flow),
            reason,
            look_again=self._settings.agent_poll_interval,
            extends=extends,
        )


def callback_timeout(settings: BareMetalSettings, flow: Flow) -> timedelta:
    """The longest silence of the agent in this flow."""
    return {
        Flow.CLEAN: settings.clean_callback_timeout,
        Flow.RESCUE: settings.rescue_callback_timeout,
        Flow.SERVICE: settings.service_callback_timeout,
    }.get(flow, settings.deploy_callback_timeout)


class _Forgotten(Exception):
    """The agent's list lacks what it held before: another life of the agent."""
