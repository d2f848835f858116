"""Starts PostgreSQL for tests, on a Unix socket, as a user who may run it; stops it whatever happens.

As a program (arguments: directory, process id) it is the watcher: it stops the server in the
directory, and removes it, as soon as that process is gone.
"""

import os
import pwd
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE_S = 120
_SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "deadlock_timeout": "100ms",
}
_LOCALE = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=de")


class NoPostgreSQL(Exception):
    """This machine has none; scripts/system-packages installs it."""


@dataclass(frozen=True)
class PostgreSQL:
    """A server in a directory of its own."""

    directory: Path

    @classmethod
    def made(cls) -> "PostgreSQL":
        """A new one, not yet started. Its databases sort as a German would: the worst case."""
        server = cls(Path(tempfile.mkdtemp(prefix="bessemer-postgresql-")))
        if user := _user():
            shutil.chown(server.directory, user)
        server._run("initdb", "--auth=trust", "--username=bessemer", "--no-sync", *_LOCALE)
        with (server.directory / "data" / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in _SETTINGS.items())
            file.write(f"unix_socket_directories = '{server.directory}'\n")
        return server

    @classmethod
    @contextmanager
    def running(cls) -> "Iterator[PostgreSQL]":
        """A new one, for as long as the block lasts."""
        server = cls.made()
        server.stop_after_session()
        try:
            server.start()
            yield server
        finally:
            server.remove()

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://bessemer@/{database}?host={self.directory}"

    def start(self) -> None:
        """Return once it answers."""
        log = self.directory / "log"
        self._run("pg_ctl", "start", "--wait", f"--timeout={PATIENCE_S}", f"--log={log}")

    def stop(self, mode: str = "fast") -> None:
        """Return once it is gone; whoever is connected loses the connection."""
        self._run("pg_ctl", "stop", "--wait", f"--timeout={PATIENCE_S}", f"--mode={mode}")

    def run_client(self, program: str, *arguments: str) -> None:
        """`createdb` and its like."""
        self._run(program, f"--host={self.directory}", "--username=bessemer", *arguments)

    def remove(self) -> None:
        """Stop it, if it runs, and leave nothing behind."""
        if (self.directory / "data" / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.directory, ignore_errors=True)

    def stop_after_session(self) -> None:
        """See to it that the server goes when pytest goes, even by kill -9."""
        silent = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in range(3)]
        watcher = [sys.executable, __file__, str(self.directory), str(_session())]
        os.posix_spawn(sys.executable, watcher, os.environ, file_actions=silent, setsid=True)

    def _run(self, program: str, *arguments: str) -> None:
        words = self.directory / "programs.log"  # no pipe: the server would keep it open
        with words.open("ab") as log:
            done = subprocess.run(
                [str(_programs() / program), *arguments],
                **_as_user(_user()),
                env={"PATH": os.environ["PATH"], "PGDATA": str(self.directory / "data")},
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=2 * PATIENCE_S,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(f"{program}: status {done.returncode}\n{words.read_text()}")


def _programs() -> Path:
    """Debian keeps them off the PATH, by version; the newest wins."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name)
    )
    if found:
        return found[-1]
    if on_path := shutil.which("initdb"):
        return Path(on_path).parent
    raise NoPostgreSQL("There is no initdb; run scripts/system-packages.")


def _user() -> str | None:
    """PostgreSQL refuses to run as root."""
    return "postgres" if os.geteuid() == 0 else None


def _session() -> int:
    """The process whose end is the end of the session: pytest, or what started its workers."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def _as_user(name: str | None) -> dict[str, Any]:
    if name is None:
        return {}
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}


def _watch(directory: Path, process: int) -> None:
    try:
        gone = os.pidfd_open(process)
        select.select([gone], [], [])
    except ProcessLookupError:
        pass
    PostgreSQL(directory).remove()


if __name__ == "__main__":
    _watch(Path(sys.argv[1]), int(sys.argv[2]))
