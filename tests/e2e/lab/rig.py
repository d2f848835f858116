"""What an operator does to one machine of a rack: ipmitool, and a look at its console."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.lab import guests

from bessemer_lab.lab import Lab
from bessemer_lab.machine_handle import MachineHandle

BOOT_LIMIT_S = 30.0


class ConsoleReader:
    """Everything that the console says from the moment of attending it."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self.seen = b""

    def type(self, data: bytes) -> None:
        self._link.sendall(data)

    def wait_for(self, text: str) -> None:
        """Return once `text` has appeared; what came up to it is not looked at again."""
        self._link.settimeout(BOOT_LIMIT_S)
        wanted = text.encode()
        while wanted not in self.seen:
            try:
                said = self._link.recv(65536)
            except TimeoutError:
                said = b""
            assert said, f"{text!r} did not appear; the console said {self.seen[-2000:]!r}"
            self.seen += said
        self.seen = self.seen.partition(wanted)[2]


class Rig:
    """One machine and the tools to work on it."""

    def __init__(self, lab: Lab, name: str, scratch: Path) -> None:
        self.lab = lab
        self.machine: MachineHandle = lab.machine(name)
        self.scratch = scratch

    def ipmitool(
        self, *words: str, password: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run ipmitool against the machine's BMC, with one try of one second per packet."""
        return self.lab.run_in_namespace(self.ipmitool_argv(*words, password=password))

    def ipmitool_argv(self, *words: str, password: str | None = None) -> list[str]:
        access = self.machine.spec.bmc
        file = self.scratch / "password"
        file.write_text(access.password if password is None else password)
        address = ("-H", str(access.address), "-U", access.username)
        return [
            "ipmitool",
            "-I",
            "lanplus",
            *address,
            "-f",
            str(file),
            "-R",
            "1",
            "-N",
            "1",
            *words,
        ]

    def order(self, *words: str) -> str:
        """Run ipmitool, which must succeed; returns what it printed."""
        done = self.ipmitool(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @contextlib.contextmanager
    def console(self) -> Iterator[ConsoleReader]:
        """Attend the console."""
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(str(self.machine.console_socket))
            yield ConsoleReader(link)

    def running_qemu(self, other_than: int | None = None) -> int:
        """The process id of QEMU, once it runs: a BMC says `on` as soon as it was told to."""
        deadline = time.monotonic() + BOOT_LIMIT_S
        while (pid := self.machine.status()["pid"]) in (None, other_than):
            assert time.monotonic() < deadline, f"process {pid}, after {other_than}"
            time.sleep(0.1)
        return int(pid)

    def calm(self) -> None:
        """Back to the start: no faults, no boot order, power off, a disk that does nothing."""
        self.machine.set_faults()
        self.order("raw", "0x00", "0x08", "0x05", "0x80", "0x00", "0x00", "0x00", "0x00")
        self.order("power", "off")
        self.machine.wait_for_power("off", 30)
        guests.install(self.machine.files.disk(0))
