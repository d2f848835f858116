"""`bessemer serve` several times over: each process with its roles, one database, one RabbitMQ."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

BESSEMER = Path(sys.executable).with_name("bessemer")
PATIENCE_S = 180.0

SETTINGS = """
[database]
url = "sqlite+aiosqlite:///{folder}/bessemer.db"
[bus]
url = "{bus}"
[server]
log_format = "json"
[network]
dhcp = "none"
[baremetal]
secret_key_file = "{folder}/keys/secret.key"
conductor_heartbeat_interval = 1
conductor_heartbeat_timeout = 10
lease_duration = 10
[image]
url_key_file = "{folder}/keys/temporary-url.key"
"""


@dataclass
class Served:
    """One process, and the file that its log goes to."""

    process: subprocess.Popen[bytes]
    log_file: Path

    def log(self, event: str) -> list[dict[str, Any]]:
        """Lines of its log that tell of this event."""
        lines = (json.loads(line) for line in self.log_file.read_text().splitlines())
        return [line for line in lines if line.get("event") == event]

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


@dataclass
class Processes:
    """Those of one cloud, by name."""

    folder: Path
    bus_url: str
    port: int = 0
    running: dict[str, Served] = field(default_factory=dict)

    def start(self, name: str, *flags: str) -> None:
        """Returns once it says that it is ready (sd_notify)."""
        self.start_all({name: flags})

    def start_all(self, wanted: Mapping[str, Sequence[str]]) -> None:
        """Several at once, by name, with their flags."""
        with ExitStack() as sockets:
            notified = {
                name: sockets.enter_context(self._begin(name, flags))
                for name, flags in wanted.items()
            }
            for name, notify in notified.items():
                assert notify.recv(100) == b"READY=1", self.running[name].log_file.read_text()

    def _begin(self, name: str, flags: Sequence[str]) -> socket.socket:
        settings = self.folder / "bessemer.toml"
        settings.write_text(SETTINGS.format(folder=self.folder, bus=self.bus_url))
        own = self.folder / name
        own.mkdir(exist_ok=True)
        arguments = ("serve", "--config", settings, "--state-dir", own, *flags)
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        (own / "notify").unlink(missing_ok=True)
        notify.bind(str(own / "notify"))
        notify.settimeout(PATIENCE_S)
        environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(own / "notify"),
            "BESSEMER_BAREMETAL__RAMDISK_PORT": str(a_free_port()),
        }
        with (own / "log").open("wb") as log:
            process = subprocess.Popen([BESSEMER, *arguments], env=environment, stderr=log)
        self.running[name] = Served(process, own / "log")
        return notify

    def call(self, verb: str, path: str, body: Any = None) -> Any:
        """Of the API process; the decoded answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"X-OpenStack-Ironic-API-Version": "1.95", "Content-Type": "application/json"},
            method=verb,
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.loads(answer.read() or b"null")
        except HTTPError as error:
            with error:
                raise AssertionError(f"{verb} {path}: {error.code} {error.read()!r}") from None

    def until(self, node: str, reached: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
        """The node as the API shows it, once `reached`."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            shown: dict[str, Any] = self.call("GET", f"/v1/nodes/{node}")
            if reached(shown):
                return shown
            time.sleep(0.2)
        raise AssertionError(f"not reached in time: {shown}")

    def until_state(self, node: str, state: str) -> dict[str, Any]:
        """The node in this state; an error on the way is one here."""

        def there(shown: Mapping[str, Any]) -> bool:
            assert not shown["last_error"], shown["last_error"]
            return bool(shown["provision_state"] == state)

        return self.until(node, there)

    def provision(self, node: str, target: str) -> None:
        """Ask for a verb."""
        self.call("PUT", f"/v1/nodes/{node}/states/provision", {"target": target})


def a_free_port() -> int:
    """On loopback."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def a_cloud_of_processes(folder: Path, bus_url: str) -> Iterator[Processes]:
    """One API, two conductors, and one process with the other roles."""
    (folder / "keys").mkdir()
    cloud = Processes(folder, bus_url, a_free_port())
    try:
        cloud.start_all(
            {
                "api": ("--roles", "api", "--port", str(cloud.port)),
                "conductor-1": ("--roles", "conductor", "--conductor-host", "conductor-1"),
                "conductor-2": ("--roles", "conductor", "--conductor-host", "conductor-2"),
                "rest": ("--roles", "compute,network,image,identity", "--port", "0"),
            }
        )
        yield cloud
    finally:
        for served in cloud.running.values():
            served.kill()
