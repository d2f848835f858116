"""The commands that one life of a fleet's agent was given, and what came of them."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bessemer_wire import CommandError, CommandRequest, CommandResult, CommandStatus, Progress

TICK_S: Final = 1.0
"""Between two reports of progress."""


class Refused(Exception):
    """The order is not taken on. `status` is HTTP's."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class Work:
    """What a command comes to: it takes `lasts_s`, then `result` is answered, then `then` is done.

    `asynchronous`: the order is answered before it is carried out. `fails`: in these words.
    """

    result: dict[str, Any] | None = None
    lasts_s: float = 0.0
    asynchronous: bool = False
    then: Callable[[], None] | None = None
    fails: str = ""


@dataclass(slots=True)
class Journal:
    """One command at a time. `work_of` says what a command is; `finished` hears of its end."""

    work_of: Callable[[CommandRequest], Work]
    finished: Callable[[], None]
    _entries: dict[str, CommandResult] = field(default_factory=dict)
    _running: asyncio.Task[None] | None = None

    def submit(self, request: CommandRequest) -> CommandResult:
        """Begin. Raises Refused: unknown, senseless, or another one runs."""
        if self._running is not None and not self._running.done():
            raise Refused(409, "Agent is busy: another command is running.")
        work = self.work_of(request)
        name = request.name.partition(".")[2]
        entry = CommandResult(str(uuid.uuid4()), name, CommandStatus.RUNNING)
        self._entries[entry.id] = entry
        if work.asynchronous:
            self._running = asyncio.create_task(self._run(entry.id, work))
        else:
            self._end(entry.id, work)
        return self._entries[entry.id]

    def get(self, ident: str) -> CommandResult:
        """Raises Refused."""
        if ident not in self._entries:
            raise Refused(404, f"There is no command with id {ident!r}.")
        return self._entries[ident]

    def list(self) -> list[CommandResult]:
        """Oldest first."""
        return [*self._entries.values()]

    async def wait(self) -> None:
        """Until nothing runs."""
        if self._running is not None:
            await asyncio.wait((self._running,))

    def break_off(self) -> None:
        """The machine lost its power."""
        if self._running is not None:
            self._running.cancel()

    async def _run(self, ident: str, work: Work) -> None:
        left_s = work.lasts_s
        while left_s > 0:
            self._change(ident, command_progress=_progress(work.lasts_s - left_s, work.lasts_s))
            await asyncio.sleep(min(TICK_S, left_s))
            left_s -= TICK_S
        self._end(ident, work)
        self.finished()

    def _end(self, ident: str, work: Work) -> None:
        if work.fails:
            error = CommandError("CommandExecutionError", 500, "Command failed", work.fails)
            self._change(ident, command_status=CommandStatus.FAILED, command_error=error)
        else:
            succeeded = CommandStatus.SUCCEEDED
            self._change(ident, command_status=succeeded, command_result=work.result)
        if work.then is not None:
            work.then()

    def _change(self, ident: str, **changes: Any) -> None:
        self._entries[ident] = replace(self._entries[ident], **changes)


def _progress(done_s: float, whole_s: float) -> Progress:
    """In thousandths: there are no bytes."""
    return Progress("as if writing", round(1000 * done_s / whole_s), 1000)
