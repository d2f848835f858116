"""The agent as a process of this host, with a folder for its machine and files for its disks."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.agent.conductor_server import ConductorServer

REQUEST_ID = "req-5d0a"


@dataclass(frozen=True)
class Room:
    """A machine's root: sys/, proc/, dev/; disks are files that sysfs describes."""

    root: Path

    def add_disk(self, name: str, size: int, *, size_in_sysfs: int | None = None) -> Path:
        folder = self.root / "sys/devices/virtual" / name
        (folder / "queue").mkdir(parents=True)
        (folder / "device").mkdir()
        facts = {
            "size": (size_in_sysfs or size) // 512,
            "ro": 0,
            "queue/rotational": 1,
            "queue/logical_block_size": 512,
            "serial": f"serial-{name}",
        }
        for path, value in facts.items():
            (folder / path).write_text(f"{value}\n")
        (self.root / "sys/block").mkdir(exist_ok=True)
        (self.root / "sys/block" / name).symlink_to(folder)
        device = self.root / "dev" / name
        device.parent.mkdir(exist_ok=True)
        with device.open("wb") as stream:
            stream.write(os.urandom(1 << 20))
            stream.truncate(size)
        return device


def a_room(root: Path, parameters: str) -> Room:
    (root / "proc").mkdir()
    (root / "proc/cmdline").write_text(parameters + "\n")
    nic = root / "sys/class/net/eth0"
    (nic / "device").mkdir(parents=True)
    (nic / "type").write_text("1\n")
    (nic / "address").write_text("52:54:00:12:34:56\n")
    return Room(root)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def parameters_for(conductor: ConductorServer, *more: str) -> str:
    return " ".join(
        [
            "quiet console=ttyS0",
            f"ipa-api-url=http://127.0.0.1:{conductor.port}",
            f"ipa-listen-port={free_port()}",
            f"ipa-global-request-id={REQUEST_ID}",
            "ipa-lookup-timeout=20",
            "BOOTIF=01-52-54-00-12-34-56",
            *more,
        ]
    )


@contextmanager
def running_agent(room: Room) -> Iterator[subprocess.Popen[bytes]]:
    """Its log is in agent.log of the room's root."""
    with (room.root / "agent.log").open("ab") as log:
        agent = subprocess.Popen(
            [sys.executable, "-m", "bessemer_agent", "--system-root", str(room.root)],
            stdout=log,
            stderr=log,
        )
        try:
            yield agent
        finally:
            agent.kill()
            agent.wait()
