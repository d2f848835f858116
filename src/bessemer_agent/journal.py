"""The commands that were ordered, in start order, and what came of each; one runs at a time."""

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bessemer_agent.command_failed import CommandFailed, VersionMismatch
from bessemer_agent.commands.command import Command, Invocation
from bessemer_wire import CommandError, CommandRequest, CommandResult, CommandStatus, Progress

LOG = logging.getLogger(__name__)


class AgentBusy(Exception):
    """Another command runs; the text names it."""


class UnknownCommand(Exception):
    """No such command, or no such entry in the journal."""


class Journal:
    """`finished` is called after each asynchronous command, `started` before each command."""

    def __init__(
        self,
        commands: Mapping[str, Command],
        *,
        started: Callable[[], None],
        finished: Callable[[], None],
    ) -> None:
        self._commands = commands
        self._started = started
        self._finished = finished
        self._lock = threading.Lock()
        self._results: dict[str, CommandResult] = {}
        self._ends: dict[str, threading.Event] = {}
        self._taken_on: dict[str, Callable[[], None]] = {}

    def submit(self, request: CommandRequest) -> CommandResult:
        """Run a synchronous command to its end, take an asynchronous one on: `begin` starts it.

        Raises UnknownCommand, InvalidParameters or AgentBusy; a command that fails is a result.
        """
        command = self._commands.get(request.name)
        if command is None:
            raise UnknownCommand(f"There is no command {request.name!r}.")
        name = request.name.partition(".")[2]
        entry = CommandResult(str(uuid.uuid4()), name, CommandStatus.RUNNING)
        call = Invocation(request.params, self._reporter(entry.id))
        command.check(call)
        self._enter(entry)
        self._started()
        LOG.info("Command %s (%s) starts", request.name, entry.id)
        if command.asynchronous:
            self._taken_on[entry.id] = partial(self._run, entry, command, call)
            return entry
        self._run(entry, command, call)
        return self.get(entry.id)

    def begin(self, command_id: str) -> None:
        """Start it, if `submit` has only taken it on.

        Call it once whoever gave the order knows: the command may end this machine.
        """
        run = self._taken_on.pop(command_id, None)
        if run is not None:
            name = self.get(command_id).command_name
            threading.Thread(target=run, name=name, daemon=True).start()

    def get(self, command_id: str) -> CommandResult:
        """Raises UnknownCommand."""
        with self._lock:
            if command_id not in self._results:
                raise UnknownCommand(f"There is no command with id {command_id!r}.")
            return self._results[command_id]

    def list(self) -> list[CommandResult]:
        with self._lock:
            return list(self._results.values())

    def wait(self, command_id: str) -> CommandResult:
        """Return when the command has ended. Raises UnknownCommand."""
        self.get(command_id)
        self._ends[command_id].wait()
        return self.get(command_id)

    def _enter(self, entry: CommandResult) -> None:
        with self._lock:
            for other in self._results.values():
                if other.command_status is CommandStatus.RUNNING:
                    raise AgentBusy(f"Agent is busy: command {other.command_name} is running.")
            self._results[entry.id] = entry
            self._ends[entry.id] = threading.Event()

    def _reporter(self, command_id: str) -> Callable[[str, int, int], None]:
        def report(phase: str, done_bytes: int, total_bytes: int) -> None:
            progress = Progress(phase, done_bytes, total_bytes)
            with self._lock:
                entry = self._results[command_id]
                self._results[command_id] = replace(entry, command_progress=progress)

        return report

    def _run(self, entry: CommandResult, command: Command, call: Invocation) -> None:
        changes = _outcome(entry, command, call)
        with self._lock:
            entry = replace(self._results[entry.id], **changes)
            self._results[entry.id] = entry
        self._ends[entry.id].set()
        LOG.info("Command %s (%s): %s", entry.command_name, entry.id, entry.command_status)
        if command.asynchronous:
            self._finished()


def _outcome(entry: CommandResult, command: Command, call: Invocation) -> dict[str, Any]:
    """Run the command; the fields of its result. Whatever it raises is told, never lost."""
    try:
        result = command.handler(call)
    except VersionMismatch as error:
        return {
            "command_status": CommandStatus.CLEAN_VERSION_MISMATCH,
            "command_error": _described(error),
        }
    except CommandFailed as error:
        LOG.error("Command %s: %s", entry.command_name, error)
        return {"command_status": CommandStatus.FAILED, "command_error": _described(error)}
    except Exception as error:
        LOG.exception("Command %s failed", entry.command_name)
        unexpected = CommandFailed(f"{type(error).__name__}: {error}")
        return {"command_status": CommandStatus.FAILED, "command_error": _described(unexpected)}
    if isinstance(result, str):
        result = {"result": result}
    return {"command_status": CommandStatus.SUCCEEDED, "command_result": result}


def _described(error: CommandFailed) -> CommandError:
    return CommandError(error.type_name, error.code, error.message, error.details)
