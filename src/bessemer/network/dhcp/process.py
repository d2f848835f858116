"""One running dnsmasq: started, asked to read its files again, watched, ended."""

import asyncio
import re
import signal
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from bessemer.network.dhcp.failure import DhcpFailure
from bessemer.network.dhcp.render import Files

log = structlog.get_logger()

CONFIRMATION_TIMEOUT_S: Final = 10.0
STOP_TIMEOUT_S: Final = 5.0

_LINE: Final = re.compile(r"dnsmasq(?:-\w+)?\[\d+\]: (?P<words>.*)")
_COMPLAINT: Final = re.compile(r"(?P<what>.+) at line (?P<line>\d+) of (?P<file>.+)")


class DnsmasqProcess:
    """dnsmasq says on stderr when it has read its options file, always the last of its files.

    That line is the confirmation that `start` and `reload` wait for.
    """

    def __init__(self, files: Files, namespace: str | None, on_death: Callable[[], None]) -> None:
        self._files = files
        self._namespace = namespace
        self._on_death = on_death
        self._log = log.bind(network_id=files.folder.name)
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._confirmed: asyncio.Future[None] | None = None
        self._complaints: list[tuple[int, str]] = []
        self._last_words: deque[str] = deque(maxlen=5)
        self._is_stopping = False

    @property
    def is_running(self) -> bool:
        """True until the process has ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> Sequence[tuple[int, str]]:
        """Start and wait for the confirmation; what it complains of in the options, by line.

        Raises DhcpFailure with its last words.
        """
        place = ("ip", "netns", "exec", self._namespace) if self._namespace is not None else ()
        argv = (*place, "dnsmasq", f"--conf-file={self._files.configuration}")
        self._expect()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *argv,
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
        return await self._confirmation()

    async def reload(self) -> Sequence[tuple[int, str]]:
        """Have hosts and options read again, and wait for the confirmation. Raises DhcpFailure."""
        if self._process is None or not self.is_running:
            raise DhcpFailure("dnsmasq is not running.")
        self._expect()
        self._process.send_signal(signal.SIGHUP)
        return await self._confirmation()

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

    def _expect(self) -> None:
        self._confirmed = asyncio.get_running_loop().create_future()
        self._complaints = []

    async def _confirmation(self) -> Sequence[tuple[int, str]]:
        assert self._confirmed is not None
        try:
            async with asyncio.timeout(CONFIRMATION_TIMEOUT_S):
                await self._confirmed
        except TimeoutError as error:
            raise DhcpFailure(
                f"dnsmasq did not confirm within {CONFIRMATION_TIMEOUT_S:.0f} s that it read "
                f"{self._files.options}."
            ) from error
        return self._complaints

    async def _run(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while line := await process.stderr.readline():
            self._hear(line.decode(errors="replace").strip())
        status = await process.wait()
        if self._confirmed is not None and not self._confirmed.done():
            words = " ".join(self._last_words)
            self._confirmed.set_exception(DhcpFailure(f"dnsmasq ended (status {status}): {words}."))
        elif not self._is_stopping:
            self._log.warning("dhcp.server_died", status=status, last_words=list(self._last_words))
            self._on_death()

    def _hear(self, line: str) -> None:
        match = _LINE.match(line)
        words = match["words"] if match else line
        self._last_words.append(words)
        complaint = _COMPLAINT.match(words)
        if complaint and complaint["file"] == str(self._files.options):
            self._complaints.append((int(complaint["line"]), complaint["what"]))
            self._log.warning("dhcp.option_refused", words=words)
            return
        self._log.debug("dhcp.log", words=words)
        awaited = self._confirmed
        if words == f"read {self._files.options}" and awaited is not None and not awaited.done():
            awaited.set_result(None)
