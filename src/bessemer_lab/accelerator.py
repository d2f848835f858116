"""Finds out whether KVM is any good here, by running a tiny guest with it under a time limit."""

import contextlib
import os
import subprocess
import tempfile
import time
from enum import StrEnum
from pathlib import Path
from typing import Final

from bessemer_lab.errors import LabError

CHOICE_VARIABLE: Final = "BESSEMER_LAB_ACCELERATOR"
KVM_DEVICE: Final = Path("/dev/kvm")
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
LIMIT_S: Final = 5.0
KILLED_WITHIN_S: Final = 10.0
"""A guest that hangs in KVM may not die at all; then it is left to itself."""

# A boot sector in 16-bit code: `mov dx, 0xf4; mov al, 0x10; out dx, al; hlt`, then the signature.
# QEMU's isa-debug-exit device ends QEMU with status (value << 1) | 1 when that port is written.
BOOT_SECTOR: Final = bytes.fromhex("baf400b010eef4").ljust(510, b"\0") + b"\x55\xaa"
PROOF: Final = (0x10 << 1) | 1


class Accelerator(StrEnum):
    """How QEMU runs a guest's instructions: in hardware, or by translating them."""

    KVM = "kvm"
    TCG = "tcg"


def choose(cache: Path | None = None) -> Accelerator:
    """The fastest accelerator that works; `BESSEMER_LAB_ACCELERATOR` overrides the probe.

    The probe's answer is kept in `cache` until the next boot of this host, since a KVM that hangs
    costs the probe its whole time limit.
    """
    wanted = os.environ.get(CHOICE_VARIABLE)
    if wanted is not None:
        return _named(wanted)
    if not os.access(KVM_DEVICE, os.R_OK | os.W_OK):
        return Accelerator.TCG
    cache = cache or _default_cache()
    boot = BOOT_ID.read_text().strip()
    with contextlib.suppress(OSError, ValueError):
        known_boot, answer = cache.read_text().split()
        if known_boot == boot:
            return Accelerator(answer)
    answer = Accelerator.KVM if _kvm_pays() else Accelerator.TCG
    with contextlib.suppress(OSError):
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text(f"{boot} {answer}\n")
    return answer


def works(accelerator: Accelerator, limit_s: float = LIMIT_S) -> bool:
    """Whether a guest gets through its firmware to its boot sector within `limit_s` seconds."""
    with tempfile.NamedTemporaryFile(suffix=".raw") as disk:
        disk.write(BOOT_SECTOR)
        disk.flush()
        process = subprocess.Popen(
            _guest(accelerator, disk.name),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            return process.wait(limit_s) == PROOF
        except subprocess.TimeoutExpired:
            return False
        finally:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(KILLED_WITHIN_S)


def _kvm_pays() -> bool:
    # Where KVM is itself emulated (nested without hardware help) the tiny guest does end, but some
    # fifty times later than with TCG, and a real kernel seems to hang.
    started = time.monotonic()
    if not works(Accelerator.TCG):
        return works(Accelerator.KVM)
    limit_s = max(1.0, 3 * (time.monotonic() - started))
    return works(Accelerator.KVM, limit_s)


def _guest(accelerator: Accelerator, disk: str) -> list[str]:
    return [
        *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none"),
        *("-machine", f"pc,accel={accelerator}", "-m", "16"),
        *("-drive", f"file={disk},format=raw,if=ide,snapshot=on"),
        *("-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"),
    ]


def _named(word: str) -> Accelerator:
    try:
        return Accelerator(word)
    except ValueError as error:
        allowed = " or ".join(Accelerator)
        raise LabError(f"{CHOICE_VARIABLE}: '{word}' is not allowed; set {allowed}") from error


def _default_cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "bessemer" / "accelerator"
