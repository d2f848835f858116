"""`bessemer serve` as a process of its own, beside a rack."""

import asyncio
import os
import select
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bessemer_lab.errors import LabError
from bessemer_lab.lab import Lab

START_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0

_PID_FILE = "server.pid"
_SETTINGS_FILE = "bessemer.toml"
_CLOUDS_FILE = "clouds.yaml"
_BESSEMER = (sys.executable, "-m", "bessemer")


def former(directory: Path) -> int | None:
    """The process id of the server that an earlier run left running in `directory`, if any."""
    try:
        pid = int((directory / _PID_FILE).read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if str(directory / _SETTINGS_FILE).encode() in words else None


def end_former(directory: Path) -> None:
    """End the server that an earlier run left running in `directory`; nobody else's process."""
    pid = former(directory)
    if pid is not None:
        handle = os.pidfd_open(pid)
        signal.pidfd_send_signal(handle, signal.SIGTERM)
        select.select([handle], [], [], STOP_LIMIT_S)
        os.close(handle)
    for name in (_PID_FILE, _CLOUDS_FILE):
        (directory / name).unlink(missing_ok=True)


@dataclass
class CloudProcess:
    """The server process, its settings file and its log."""

    lab: Lab
    directory: Path
    settings: str
    port: int = 6385
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Where the operators' API answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """The server's log file; every start appends."""
        return self.directory / "server.log"

    @property
    def settings_file(self) -> Path:
        """The TOML file that `bessemer serve --config` reads."""
        return self.directory / _SETTINGS_FILE

    @property
    def pid(self) -> int:
        """The running server's process id."""
        if self._process is None:
            raise LabError("the server is not running")
        return self._process.pid

    async def start(self) -> None:
        """Start and return once it serves. Raises LabError with the end of its log when it does not."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.settings_file.write_text(self.settings)
        with _ReadinessSocket(self.directory / "notify.sock") as ready, self.log.open("ab") as log:
            self._process = self._spawn(ready.path, log)
            await self._await_readiness(ready, self._process)
        (self.directory / _PID_FILE).write_text(str(self._process.pid))

    def _spawn(self, ready: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Not through asyncio: since Python 3.12 the loop's end kills the processes it started."""
        return subprocess.Popen(
            [*_BESSEMER, "serve", "--config", str(self.settings_file)],
            env={**os.environ, "NOTIFY_SOCKET": str(ready)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    async def write_clouds_yaml(self) -> Path:
        """Write a clouds.yaml for the `openstack` command; where it is."""
        argv = [*_BESSEMER, "clouds-yaml", "--config", str(self.settings_file)]
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
        text, _ = await process.communicate()
        if process.returncode != 0:
            raise LabError("`bessemer clouds-yaml` failed")
        file = self.directory / _CLOUDS_FILE
        file.touch(mode=0o600)
        file.write_bytes(text)
        return file

    async def stop(self) -> None:
        """End it in good order; by force after a while."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                await _end_of(self._process)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """kill -9."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            await _end_of(self._process)

    async def _await_readiness(
        self, ready: "_ReadinessSocket", process: subprocess.Popen[bytes]
    ) -> None:
        ended = asyncio.create_task(_end_of(process))
        is_ready = asyncio.create_task(ready.wait())
        done, pending = await asyncio.wait(
            {ended, is_ready}, timeout=START_LIMIT_S, return_when=asyncio.FIRST_COMPLETED
        )
        for task in pending:
            task.cancel()
        if is_ready not in done:
            tail = self.log.read_text(errors="replace")[-2000:]
            raise LabError(f"bessemer serve did not start; the end of {self.log}:\n{tail}")


async def _end_of(process: subprocess.Popen[bytes]) -> None:
    """Return when the process has ended."""
    handle, ended = os.pidfd_open(process.pid), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)
    process.wait()


class _ReadinessSocket:
    """Receives sd_notify(3)'s READY=1."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(path))

    def __enter__(self) -> "_ReadinessSocket":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self.path.unlink(missing_ok=True)

    async def wait(self) -> None:
        """Return when the server says that it is ready."""
        loop = asyncio.get_running_loop()
        while b"READY=1" not in await loop.sock_recv(self._socket, 1024):
            pass
