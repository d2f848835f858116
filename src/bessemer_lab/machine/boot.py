"""What a machine boots from: the BMC's orders, once or for good, and the boot order they make."""

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Self

from bessemer_lab.rack import MachineSpec


class BootDevice(StrEnum):
    """The boot devices that a BMC can be told; `bios` stops in the firmware's menu."""

    PXE = "pxe"
    DISK = "disk"
    CDROM = "cdrom"
    BIOS = "bios"


@dataclass(frozen=True, slots=True)
class Start:
    """One start: from what, and whether UEFI firmware knows PXE beside boot by HTTP."""

    device: BootDevice
    pxe: bool = True


@dataclass(frozen=True, slots=True)
class BootChoice:
    """The orders in force: `once` holds for the next start only, `always` until it is changed."""

    once: BootDevice | None = None
    always: BootDevice | None = None

    @property
    def next(self) -> BootDevice:
        """What the next start boots from; the machine's own habit is its disk."""
        return self.once or self.always or BootDevice.DISK

    def told(self, device: BootDevice | None, *, persistent: bool) -> Self:
        """After an order of the BMC; None withdraws whatever was ordered before."""
        if device is None:
            return replace(self, once=None, always=None)
        if persistent:
            return replace(self, once=None, always=device)
        return replace(self, once=device)

    def started(self) -> Self:
        """After the machine has started: the order for one start is used up."""
        return replace(self, once=None)


def boot_order(machine: MachineSpec, device: BootDevice) -> tuple[str, ...]:
    """QEMU's device names in the order in which the firmware tries them.

    A machine told to boot from one kind of device still falls back to the other, as servers do.
    """
    disks = tuple(f"disk{index}" for index in range(len(machine.disks)))
    network = ("nic0",)
    return network + disks if device is BootDevice.PXE else disks + network


def load(path: Path) -> BootChoice:
    """The choice kept in `path`; the default one if there is none."""
    if not path.exists():
        return BootChoice()
    kept = json.loads(path.read_text())
    return BootChoice(**{key: BootDevice(value) for key, value in kept.items() if value})


def save(path: Path, choice: BootChoice) -> None:
    """Keep the choice in `path`."""
    path.write_text(json.dumps({"once": choice.once, "always": choice.always}))
