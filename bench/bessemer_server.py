"""Starts `bessemer serve` for a bench: a database of its own, fake hardware, loopback only."""

import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 120
_NO_BYTECODE: Final = "PYTHONDONTWRITEBYTECODE"
_SETTINGS: Final = """
[server]
port = {port}
state_directory = "{directory}/state"
log_format = "json"
[database]
url = "{database_url}"
[baremetal]
ramdisk_port = {ramdisk_port}
automated_clean = false
sync_power_state_interval = 86400
"""


@dataclass
class BessemerServer:
    """One process that does everything, and PostgreSQL if asked for. Paths below `directory`."""

    directory: Path
    postgresql: bool
    port: int = field(default_factory=lambda: _free_port())
    ramdisk_port: int = field(default_factory=lambda: _free_port())
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The operators' API."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ramdisk_url(self) -> str:
        """Where ramdisks call."""
        return f"http://127.0.0.1:{self.ramdisk_port}"

    @property
    def database_url(self) -> str:
        """As SQLAlchemy spells it."""
        if self.postgresql:
            return f"postgresql+asyncpg://bessemer@/postgres?host={self._postgresql_folder}"
        return f"sqlite+aiosqlite:///{self.directory}/state/bessemer.db"

    @property
    def pids(self) -> list[int]:
        """The server's own process."""
        return [self._process.pid] if self._process is not None else []

    def prepare(self) -> None:
        """Make the database and the settings."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.postgresql:
            self._start_postgresql()
        text = _SETTINGS.format(**vars(self), database_url=self.database_url)
        (self.directory / "bessemer.toml").write_text(text)

    def start(self) -> float:
        """Seconds from the start of the process to its first answer."""
        began = time.perf_counter()
        command = [sys.executable, "-m", "bessemer", "serve", "--config"]
        log = (self.directory / "bessemer.log").open("ab")
        self._process = subprocess.Popen(
            [*command, str(self.directory / "bessemer.toml")],
            env=self._environment,
            stderr=log,
            stdout=log,
        )
        while time.perf_counter() < began + PATIENCE_S:
            if _answers(f"{self.url}/v1/nodes"):
                return time.perf_counter() - began
            if self._process.poll() is not None:
                break
            time.sleep(0.01)
        raise SystemExit(f"bessemer does not answer; {self.directory}/bessemer.log says why")

    def stop(self) -> None:
        """End the process, and wait for it; the data stay."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(PATIENCE_S)
            self._process = None

    def remove(self) -> None:
        """End everything and leave nothing behind."""
        self.stop()
        if self.postgresql:
            _as_postgres("pg_ctl", "-D", f"{self._postgresql_folder}/data", "-m", "fast", "stop")
        shutil.rmtree(self.directory)

    @property
    def _environment(self) -> dict[str, str]:
        """With bytecode from the second start on, as every installed program has it."""
        kept = {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}
        return {**kept, "PYTHONPYCACHEPREFIX": str(self.directory / "bytecode")}

    @property
    def _postgresql_folder(self) -> Path:
        return self.directory / "postgresql"

    def _start_postgresql(self) -> None:
        folder = self._postgresql_folder
        folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
            for passed in (self.directory.parent, self.directory):
                let_pass(passed)
        _as_postgres("initdb", "-D", f"{folder}/data", "-U", "bessemer", "-A", "trust")
        options = f"-c listen_addresses='' -k {folder}"
        log = f"{folder}/log"
        _as_postgres("pg_ctl", "-D", f"{folder}/data", "-w", "-l", log, "-o", options, "start")


def let_pass(folder: Path) -> None:
    """Others may go through the folder; what else they may stays as it is."""
    folder.chmod(stat.S_IMODE(folder.stat().st_mode) | 0o011)


def has_postgresql() -> bool:
    """Whether this machine and this Bessemer can do with PostgreSQL."""
    return bool(_programs()) and importlib.util.find_spec("asyncpg") is not None


def _programs() -> Path | None:
    """Debian keeps them off the PATH, by version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return found[-1] if found else None


def _as_postgres(program: str, *arguments: str) -> None:
    """PostgreSQL refuses to run as root."""
    root = os.geteuid() == 0
    subprocess.run(
        [f"{_programs()}/{program}", *arguments],
        user="postgres" if root else None,
        group="postgres" if root else None,
        extra_groups=[] if root else None,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
