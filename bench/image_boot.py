"""Boots the cloud image in a virtual machine and tells how many seconds the console and sshd took.

uv run python -m bench.image_boot --firmware bios --firmware uefi
"""

import argparse
import io
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

import pycdlib

MAC: Final = "52:54:00:be:55:e1"
HOSTNAME: Final = "measured"
DEADLINE_S: Final = 300
FIRMWARE: Final = {
    "bios": (),
    "uefi": ("-drive", "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd"),
}


def main() -> int:
    """Measure each firmware asked for; status 1 when a boot misses its deadline."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--image", type=Path, default=Path("var/image/debian.qcow2"))
    parser.add_argument("--firmware", action="append", choices=sorted(FIRMWARE))
    parser.add_argument("--disk", default="4G", help="size of the machine's disk")
    parser.add_argument(
        "--count-instructions",
        action="store_true",
        help="one processor whose clock counts instructions (2 ns each): alike on any host; ask "
        "the machine how long it took (--show systemd-analyze)",
    )
    parser.add_argument("--show", help="run this on the machine and print what it says")
    options = parser.parse_args()
    for firmware in options.firmware or sorted(FIRMWARE):
        with tempfile.TemporaryDirectory(prefix="image-boot-") as work:
            _measure(firmware, options, Path(work))
    return 0


def _measure(firmware: str, options: argparse.Namespace, work: Path) -> None:
    key = work / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    _write_config_drive(work / "config.iso", key.with_suffix(".pub").read_text())
    disk = work / "disk.raw"
    subprocess.run(["qemu-img", "convert", "-O", "raw", str(options.image), str(disk)], check=True)
    subprocess.run(["qemu-img", "resize", "-q", "-f", "raw", str(disk), options.disk], check=True)
    port = _free_port()
    started = time.monotonic()
    machine = subprocess.Popen(
        _machine(firmware, work, port, options.count_instructions),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    try:
        console = _Console(machine, started)
        sshd = _await_sshd(port, started)
        busy = _cpu_seconds(machine.pid)
        login = console.await_text(rf"{HOSTNAME} login:")
        kernel = console.await_text(r"Linux version")
        print(
            f"{firmware}: kernel {kernel:.1f} s, sshd {sshd:.1f} s, login: {login:.1f} s after "
            f"power-on; {busy:.1f} s of this host's CPU time until sshd",
            flush=True,
        )
        print(_ssh(port, key, options.show or "hostname; df -h / | tail -1; cat /proc/cmdline"))
    finally:
        machine.kill()
        machine.wait()
        (Path(tempfile.gettempdir()) / f"image-boot-{firmware}.log").write_bytes(console.seen)


def _machine(firmware: str, work: Path, port: int, count: bool) -> list[str]:
    clock = ("-smp", "1", "-icount", "shift=1,sleep=off") if count else ("-smp", "2")
    return [
        *("qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-cpu", "Nehalem", *clock),
        *("-m", "1024", "-nographic", "-nodefaults", "-serial", "stdio"),
        *FIRMWARE[firmware],
        *("-drive", f"file={work}/disk.raw,format=raw,if=virtio,cache=unsafe"),
        *("-drive", f"file={work}/config.iso,format=raw,if=virtio,readonly=on"),
        *("-netdev", f"user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22"),
        *("-device", f"virtio-net-pci,netdev=n,mac={MAC},romfile="),
    ]


def _write_config_drive(path: Path, public_key: str) -> None:
    network = {
        "links": [{"id": "nic0", "type": "phy", "ethernet_mac_address": MAC, "mtu": 1500}],
        "networks": [{"id": "n0", "type": "ipv4_dhcp", "link": "nic0", "network_id": "n0"}],
        "services": [],
    }
    files = {
        "META_DATA.JSON": {
            "uuid": "5f3f3a3c-31f0-4a0e-8d5b-1f0f6c2f2c01",
            "hostname": HOSTNAME,
            "name": HOSTNAME,
            "public_keys": {"measured": public_key},
        },
        "NETWORK_DATA.JSON": network,
    }
    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident="config-2")
    for rr, folder in (("openstack", "/OPENSTACK"), ("latest", "/OPENSTACK/LATEST")):
        iso.add_directory(folder, rr_name=rr, joliet_path=folder.lower())
    contents = {name: json.dumps(value).encode() for name, value in files.items()}
    contents["USER_DATA"] = b"#cloud-config\nruncmd: [[touch, /run/user-data-ran]]\n"
    for name, value in contents.items():
        low = name.lower()
        iso.add_fp(
            io.BytesIO(value),
            len(value),
            f"/OPENSTACK/LATEST/{name};1",
            rr_name=low,
            joliet_path=f"/openstack/latest/{low}",
        )
    iso.write(str(path))
    iso.close()


class _Console:
    """Reads the serial console and remembers when each piece came."""

    def __init__(self, machine: subprocess.Popen[bytes], started: float) -> None:
        self.seen = b""
        self._grown = threading.Condition()
        self._started = started
        self._arrivals: list[tuple[int, float]] = []
        assert machine.stdout is not None
        threading.Thread(target=self._read, args=(machine.stdout,), daemon=True).start()

    def _read(self, source: io.BufferedReader) -> None:
        while piece := source.read1(65536):
            with self._grown:
                self.seen += piece
                self._arrivals.append((len(self.seen), time.monotonic() - self._started))
                self._grown.notify_all()

    def await_text(self, pattern: str) -> float:
        """Seconds from power-on until the console showed it. Raises TimeoutError."""
        with self._grown:
            if not self._grown.wait_for(lambda: self._find(pattern), timeout=DEADLINE_S):
                raise TimeoutError(f"The console never showed {pattern!r}:\n{self.seen[-2000:]!r}")
            end = self._find(pattern)
            return next(seconds for length, seconds in self._arrivals if length >= end)

    def _find(self, pattern: str) -> int:
        match = re.search(pattern.encode(), self.seen)
        return match.end() if match else 0


def _await_sshd(port: int, started: float) -> float:
    """Poll with a deadline: QEMU's forwarding accepts at once, only sshd sends a banner."""
    while time.monotonic() - started < DEADLINE_S:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                if connection.recv(4) == b"SSH-":
                    return time.monotonic() - started
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"No sshd within {DEADLINE_S} s.")


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process (proc(5)): tells a slow guest from a busy host."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ssh(port: int, key: Path, command: str) -> str:
    options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
    argv = ["ssh", "-i", str(key), "-p", str(port)]
    argv += [part for option in options for part in ("-o", option)]
    done = subprocess.run(
        [*argv, "debian@127.0.0.1", command], check=True, stdout=subprocess.PIPE, timeout=DEADLINE_S
    )
    return done.stdout.decode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
