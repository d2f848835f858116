"""A real RabbitMQ of the tests' own: own node, ports, cookie and epmd; killed by its process ids."""

import fcntl
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest

SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
"""Not the one on PATH, which changes to the package's own account."""
START_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Broker:
    """One node. `pid` leads a process group of its own; 0 when it does not run."""

    folder: str
    port: int
    distribution_port: int
    epmd_port: int
    pid: int = 0
    epmd_pid: int = 0

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    @classmethod
    def prepare(cls, folder: Path) -> "Broker":
        """A node that does not run yet."""
        assert shutil.which(SERVER), "rabbitmq-server is missing: scripts/system-packages"
        folder.mkdir()
        (folder / "home").mkdir()
        (folder / "plugins").write_text("[].")
        (folder / "rabbitmq.conf").write_text(
            "listeners.tcp.local = 127.0.0.1:$PORT\n"
            "vm_memory_high_watermark.absolute = 256MB\n"
            "disk_free_limit.absolute = 10MB\n"
        )
        broker = cls(str(folder), *_free_ports(3))
        conf = folder / "rabbitmq.conf"
        conf.write_text(conf.read_text().replace("$PORT", str(broker.port)))
        return broker

    def started(self) -> "Broker":
        """The node once it takes connections, on the ports that it always has."""
        epmd = self._run("epmd", "-port", str(self.epmd_port), "-address", "127.0.0.1")
        running = replace(self, epmd_pid=epmd)
        try:
            _wait_for_port(self.epmd_port, epmd)
            running = replace(running, pid=self._run(SERVER))
            _wait_for_port(self.port, running.pid)
        except BaseException:
            running.kill()
            raise
        return running

    def kill(self) -> None:
        """kill -9, and see it gone; idempotent."""
        for pid in (self.pid, self.epmd_pid):
            if pid:
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                with suppress(ChildProcessError):
                    os.waitpid(pid, 0)

    def _run(self, *argv: str) -> int:
        folder = Path(self.folder)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "LANG": "C.UTF-8",
            "RABBITMQ_NODENAME": f"bessemer-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        how = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        output = (os.POSIX_SPAWN_OPEN, 1, str(folder / "output"), how, 0o600)
        actions = [output, (os.POSIX_SPAWN_DUP2, 1, 2)]
        return os.posix_spawnp(argv[0], argv, environment, file_actions=actions, setpgroup=0)


@contextmanager
def shared_broker(folders: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for all the test processes of a session; the last one to leave stops it.

    The lock on `users` is the kernel's: a test process that is killed counts no longer.
    """
    own = folders.getbasetemp()
    session_folder = own.parent if own.name.startswith("popen-") else own
    state = session_folder / "rabbitmq.json"
    with (session_folder / "rabbitmq.users").open("w") as users:
        with _turn(session_folder):
            fcntl.flock(users, fcntl.LOCK_SH)
            if state.exists():
                broker = Broker(**json.loads(state.read_text()))
            else:
                broker = Broker.prepare(session_folder / "rabbitmq").started()
                state.write_text(json.dumps(asdict(broker)))
        yield broker
        with _turn(session_folder), suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            broker.kill()
            state.unlink()
            shutil.rmtree(broker.folder)


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    with (folder / "rabbitmq.turn").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _wait_for_port(port: int, pid: int) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        assert os.waitpid(pid, os.WNOHANG) == (0, 0), f"what should listen on {port} has ended"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError(f"nobody listens on {port}")


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
