"""`bessemer serve` several times over: each process with its roles, one database, one RabbitMQ."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from sqlalchemy import text

from bessemer.db.engine import open_database

BESSEMER = Path(sys.executable).with_name("bessemer")
PATIENCE_S = 180.0

SETTINGS = """
[database]
url = "{database}"
[bus]
url = "{bus}"
[server]
log_format = "json"
[network]
dhcp = "none"
resync_interval = 2
[network.switches.tor]
driver = "fake"
switch_id = "52:54:00:be:55:00"
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

    def wait_until_ready(self, notify: socket.socket) -> None:
        """Until it says so (sd_notify); fails at once when it ends instead."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and self.process.poll() is None:
            with suppress(TimeoutError):
                assert notify.recv(100) == b"READY=1"
                return
        raise AssertionError(f"not ready: {self.log_file.read_text()}")

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
    database_url: str
    port: int = 0
    """Of the API."""
    image_port: int = 0
    """Of the process that has the images."""
    running: dict[str, Served] = field(default_factory=dict)
    flags: dict[str, Sequence[str]] = field(default_factory=dict)

    def start(self, name: str, *flags: str) -> None:
        """Returns once it says that it is ready (sd_notify); without flags, with those it had."""
        self.start_all({name: flags or self.flags[name]})

    def start_all(self, wanted: Mapping[str, Sequence[str]]) -> None:
        """Several at once, by name, with their flags."""
        with ExitStack() as sockets:
            notified = {
                name: sockets.enter_context(self._begin(name, flags))
                for name, flags in wanted.items()
            }
            for name, notify in notified.items():
                self.running[name].wait_until_ready(notify)

    def _begin(self, name: str, flags: Sequence[str]) -> socket.socket:
        settings = self.folder / "bessemer.toml"
        urls = {"database": self.database_url, "bus": self.bus_url}
        settings.write_text(SETTINGS.format(folder=self.folder, **urls))
        own = self.folder / name
        own.mkdir(exist_ok=True)
        arguments = ("serve", "--config", settings, "--state-dir", own, *flags)
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        (own / "notify").unlink(missing_ok=True)
        notify.bind(str(own / "notify"))
        notify.settimeout(1)
        environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(own / "notify"),
            "BESSEMER_BAREMETAL__RAMDISK_PORT": str(a_free_port()),
        }
        self.flags[name] = flags
        with (own / "log").open("ab") as log:
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

    def rows(self, query: str) -> list[Any]:
        """Straight from the database."""

        async def read() -> list[Any]:
            opened = open_database(self.database_url)
            try:
                async with opened.read() as connection:
                    return list((await connection.execute(text(query))).all())
            finally:
                await opened.close()

        return asyncio.run(read())


def a_free_port() -> int:
    """On loopback."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def a_cloud_of_processes(
    folder: Path, bus_url: str, database_url: str | None = None, conductors: int = 2
) -> Iterator[Processes]:
    """One API, some conductors, and one process with the other roles. Without a URL on SQLite."""
    (folder / "keys").mkdir()
    url = database_url or f"sqlite+aiosqlite:///{folder}/bessemer.db"
    cloud = Processes(folder, bus_url, url, a_free_port(), a_free_port())
    names = [f"conductor-{number}" for number in range(1, conductors + 1)]
    try:
        cloud.start_all(
            {
                "api": ("--roles", "api", "--port", str(cloud.port)),
                **{each: ("--roles", "conductor", "--conductor-host", each) for each in names},
                "rest": (
                    "--roles",
                    "compute,network,image,identity",
                    "--port",
                    str(cloud.image_port),
                ),
            }
        )
        yield cloud
    finally:
        for served in cloud.running.values():
            served.kill()
