"""A virtual machine that starts the built kernel and initramfs directly, without firmware's help."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.agent.agent_process import free_port
from tests.integration.agent.conductor_server import ConductorServer

ROOT = Path(__file__).parents[3]
HOST_SEEN_BY_GUEST = "10.0.2.2"
MAC = "52:54:00:ab:cd:ef"


@dataclass(frozen=True)
class RamdiskMachine:
    """`agent_address` reaches the agent's API from here; `console` is its serial log."""

    process: subprocess.Popen[bytes]
    agent_address: str
    console: Path


def built_ramdisk() -> Path:
    """Kernel and initramfs; built when their inputs changed, at once otherwise."""
    output = ROOT / "var/ramdisk"
    subprocess.run([ROOT / "ramdisk/build", "--output", output], check=True)
    return output


@contextmanager
def booted(
    folder: Path,
    conductor: ConductorServer,
    disks: Sequence[Path] = (),
    *,
    memory_mib: int = 1024,
    more: Sequence[str] = (),
    hardware: Sequence[str] = (),
    forwarded: Sequence[int] = (),
) -> Iterator[RamdiskMachine]:
    """`forwarded`: TCP ports of the machine that are reached on loopback by the same number."""
    ramdisk, port, console = built_ramdisk(), free_port(), folder / "console.log"
    doors = [(port, 9999), *((each, each) for each in forwarded)]
    forwards = "".join(f",hostfwd=tcp:127.0.0.1:{here}-:{there}" for here, there in doors)
    line = (
        f"console=ttyS0 quiet ipa-api-url=http://{HOST_SEEN_BY_GUEST}:{conductor.port} "
        f"ipa-global-request-id=req-boot BOOTIF={MAC} " + " ".join(more)
    )
    argv = [
        "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-smp", "2", "-m", str(memory_mib),
        "-kernel", str(ramdisk / "kernel"), "-initrd", str(ramdisk / "initramfs"),
        "-append", line, "-no-reboot", "-display", "none", "-serial", f"file:{console}",
        "-netdev", f"user,id=net{forwards}",
        "-device", f"virtio-net-pci,netdev=net,mac={MAC},romfile=",
    ]  # fmt: skip
    for disk in disks:
        argv += ["-drive", f"file={disk},format=raw,if=virtio,cache=unsafe,discard=unmap"]
    process = subprocess.Popen([*argv, *hardware])
    try:
        yield RamdiskMachine(process, f"127.0.0.1:{port}", console)
    finally:
        process.kill()
        process.wait()
