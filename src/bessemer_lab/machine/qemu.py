"""One run of QEMU, from power-on to power-off, driven over QMP."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from qemu.qmp import EventListener, Message, QMPClient, Runstate
from qemu.qmp.error import QMPError

from bessemer_lab.errors import LabError
from bessemer_lab.machine.command_line import Wiring

LOG = logging.getLogger(__name__)
CONNECT_LIMIT_S: Final = 20.0
QUIT_LIMIT_S: Final = 3.0
RESETS: Final = ("guest-reset", "host-qmp-system-reset")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: QEMU's exit status, and its ShutdownCause (QMP reference) if it told one."""

    status: int
    reason: str | None

    @property
    def is_reset(self) -> bool:
        """Whether the machine is to start anew at once."""
        return self.reason in RESETS


class Qemu:
    """A started QEMU with its monitor connected and its serial port in hand."""

    def __init__(self, process: asyncio.subprocess.Process, serial: socket.socket) -> None:
        self.process = process
        self.serial = serial
        self.monitor = QMPClient("qemu")
        self.events = EventListener(names={"SHUTDOWN"})
        self.monitor.register_listener(self.events)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self.process.pid

    async def execute(self, command: str, arguments: dict[str, object] | None = None) -> object:
        """Run one QMP command (QEMU QMP reference); raise `LabError` if QEMU refuses it or is gone."""
        try:
            return await self.monitor.execute(command, arguments)
        except QMPError as error:
            raise LabError(f"QEMU refused {command}: {error}") from error

    async def ended(self) -> Ending:
        """Wait until the process has ended, and tell how."""
        status = await self.process.wait()
        # What it said last is still to be read.
        while self.monitor.runstate is Runstate.RUNNING:
            await self.monitor.runstate_changed()
        with contextlib.suppress(QMPError, OSError, EOFError):
            await self.monitor.disconnect()
        reasons = [_reason(event) for event in self.events.clear()]
        return Ending(status, reason=reasons[-1] if reasons else None)

    async def end(self) -> None:
        """Take the power away: SIGTERM, so that what was written is kept, then SIGKILL."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), QUIT_LIMIT_S)
        except TimeoutError:
            LOG.warning("QEMU did not end on SIGTERM; killing it")
            self.process.kill()
            await self.process.wait()


async def start(command_line: Callable[[Wiring], list[str]], log: Path) -> Qemu:
    """Start QEMU, stopped before its first instruction, and connect to its monitor.

    Raises `LabError` with QEMU's complaint when it does not come up.
    """
    our_monitor, its_monitor = socket.socketpair()
    our_serial, its_serial = socket.socketpair()
    with its_monitor, its_serial, log.open("wb") as complaints:
        process = await asyncio.create_subprocess_exec(
            *command_line(Wiring(its_monitor.fileno(), its_serial.fileno())),
            pass_fds=(its_monitor.fileno(), its_serial.fileno()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=complaints,
            stderr=complaints,
        )
    qemu = Qemu(process, our_serial)
    try:
        await asyncio.wait_for(qemu.monitor.connect(our_monitor), CONNECT_LIMIT_S)
    except (QMPError, OSError, TimeoutError) as error:
        await qemu.end()
        our_serial.close()
        complaint = log.read_text(errors="replace").strip() or repr(error)
        raise LabError(f"QEMU did not start: {complaint}") from error
    return qemu


def _reason(event: Message) -> str:
    data = cast(dict[str, str], event["data"])
    return data["reason"]
