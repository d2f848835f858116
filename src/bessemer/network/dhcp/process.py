"""One running dnsmasq: started, watched, ended."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from bessemer.network.dhcp.failure import DhcpFailure

log = structlog.get_logger()

START_TIMEOUT_S: Final = 10.0
STOP_TIMEOUT_S: Final = 5.0
OPTIONS_FILE: Final = "options"
"""The name of the options file, whose faulty lines are reported to the ports they are for."""

_TELLING: Final = "DHCPACK"
"""What an operator looks for first: who got an address."""

_LINE: Final = re.compile(r"dnsmasq(?:-\w+)?\[\d+\]: (?P<words>.*)")
_COMPLAINT: Final = re.compile(r"(?P<what>.+) at line (?P<line>\d+) of (?P<file>.+)")


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start one. `ready` is the log line that says it has read its files and serves."""

    network_id: str
    configuration: Path
    ready: str
    namespace: str | None


class DnsmasqProcess:
    """Never asked to read its files again by SIGHUP: dnsmasq 2.86 to 2.90 then follows pointers that

    every answered `dhcp-host` with a `set:` leaves behind, and crashes. A new process takes over.
    """

    def __init__(self, launch: Launch, on_death: Callable[[], None]) -> None:
        self._launch = launch
        self._on_death = on_death
        self._log = log.bind(network_id=launch.network_id)
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._complaints: list[tuple[int, str]] = []
        self._last_words: deque[str] = deque(maxlen=5)
        self._is_stopping = False

    @property
    def is_running(self) -> bool:
        """True until the process has ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> Sequence[tuple[int, str]]:
        """Return once it serves; what it complains of in the options file, by line.

        Raises DhcpFailure with its last words.
        """
        namespace = self._launch.namespace
        place = ("ip", "netns", "exec", namespace) if namespace is not None else ()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *place,
                "dnsmasq",
                f"--conf-file={self._launch.configuration}",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,  # an interrupt typed at the server is not for dnsmasq
            )
        except OSError as error:
            raise DhcpFailure(
                f"dnsmasq cannot be started: {error}; install dnsmasq-base."
            ) from error
        self._watch = asyncio.create_task(self._run(self._process))
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._ready
        except TimeoutError as error:
            raise DhcpFailure(
                f"dnsmasq did not say within {START_TIMEOUT_S:.0f} s that it serves network "
                f"{self._launch.network_id}."
            ) from error
        return self._complaints

    async def stop(self) -> None:
        """End the process and wait for its end."""
        self._is_stopping = True
        if self._process is None or self._watch is None:
            return
        if self.is_running:
            self._process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await asyncio.shield(self._watch)
        except TimeoutError:
            self._process.kill()
            await self._watch

    async def _run(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while line := await process.stderr.readline():
            self._hear(line.decode(errors="replace").strip())
        status = await process.wait()
        if not self._ready.done():
            words = " ".join(self._last_words)
            self._ready.set_exception(DhcpFailure(f"dnsmasq ended (status {status}): {words}."))
        elif not self._is_stopping:
            self._log.warning("dhcp.server_died", status=status, last_words=list(self._last_words))
            self._on_death()

    def _hear(self, line: str) -> None:
        match = _LINE.match(line)
        words = match["words"] if match else line
        self._last_words.append(words)
        complaint = _COMPLAINT.match(words)
        if complaint and Path(complaint["file"]).name == OPTIONS_FILE:
            self._complaints.append((int(complaint["line"]), complaint["what"]))
            self._log.warning("dhcp.option_refused", words=words)
            return
        say = self._log.info if words.startswith(_TELLING) else self._log.debug
        say("dhcp.log", words=words)
        if words.startswith(self._launch.ready) and not self._ready.done():
            self._ready.set_result(None)
