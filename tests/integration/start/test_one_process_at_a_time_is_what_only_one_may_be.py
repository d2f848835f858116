"""Two servers on one state directory, and two hosts with one role: the second one is refused."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.integration.roles.processes import BESSEMER, PATIENCE_S, Served, a_free_port


@dataclass
class Hosts:
    """State directories side by side with one database; each stands for a host."""

    folder: Path
    started: list[Served] = field(default_factory=list)

    def begin(self, host: str) -> tuple[Served, socket.socket]:
        """Everything in one process; the socket on which it says that it is ready."""
        own = self.folder / host
        own.mkdir(exist_ok=True)
        (own / "notify").unlink(missing_ok=True)
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(str(own / "notify"))
        notify.settimeout(1)
        keys = {
            "BESSEMER_BAREMETAL__SECRET_KEY_FILE": str(self.folder / "secret.key"),
            "BESSEMER_IMAGE__URL_KEY_FILE": str(self.folder / "url.key"),
        }
        environment = {
            **os.environ,
            **keys,
            "NOTIFY_SOCKET": str(own / "notify"),
            "BESSEMER_BAREMETAL__RAMDISK_PORT": str(a_free_port()),
            "BESSEMER_BAREMETAL__CONDUCTOR_HOST": f"conductor-of-{host}",
            "BESSEMER_DATABASE__URL": f"sqlite+aiosqlite:///{self.folder}/shared.db",
            "BESSEMER_NETWORK__DHCP": "none",
            "BESSEMER_SERVER__LOG_FORMAT": "json",
            "BESSEMER_SERVER__ROLE_LEASE_DURATION": "PT3S",
        }
        arguments = ("serve", "--port", "0", "--state-dir", str(own / "state"))
        with (own / "log").open("wb") as log:
            process = subprocess.Popen([BESSEMER, *arguments], env=environment, stderr=log)
        self.started.append(Served(process, own / "log"))
        return self.started[-1], notify

    def start(self, host: str) -> Served:
        """Returns once it serves."""
        served, notify = self.begin(host)
        with notify:
            served.wait_until_ready(notify)
        return served

    def refused(self, host: str) -> str:
        """The words with which it does not start."""
        served, notify = self.begin(host)
        notify.close()
        assert served.process.wait(PATIENCE_S) == 2
        return served.log_file.read_text()

    def start_when_free(self, host: str) -> Served:
        """As a service manager does: again and again."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            served, notify = self.begin(host)
            with notify:
                try:
                    served.wait_until_ready(notify)
                except AssertionError:
                    assert "held by another process" in served.log_file.read_text()
                else:
                    return served
        raise AssertionError("never free")


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    """All of whose processes are dead at the end."""
    made = Hosts(tmp_path)
    yield made
    for served in made.started:
        served.kill()


def test_a_state_directory_is_free_as_soon_as_its_server_is_killed(hosts):
    first = hosts.start("a")
    words = hosts.refused("a")
    assert f"in use by another bessemer (process {first.process.pid}" in words
    assert "Stop that one" in words
    assert first.process.poll() is None
    first.kill()
    assert hosts.start("a").stop() == 0


def test_another_host_is_refused_until_the_first_one_is_dead(hosts, tmp_path):
    first = hosts.start("a")
    words = hosts.refused("b")
    assert "role compute of this cloud is held by another process" in words
    assert f"state directory {tmp_path}/a/state" in words
    assert "Stop that one" in words
    assert first.process.poll() is None
    first.kill()
    hosts.start_when_free("b").stop()
    hosts.start("a")


def test_one_that_stood_still_ends_once_another_has_taken_over(hosts):
    first = hosts.start("a")
    first.process.send_signal(signal.SIGSTOP)
    hosts.start_when_free("b")
    first.process.send_signal(signal.SIGCONT)
    assert first.process.wait(PATIENCE_S) == 2
    assert "another one has taken over" in first.log_file.read_text()
