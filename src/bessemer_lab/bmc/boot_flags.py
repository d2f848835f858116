"""Boot option parameters as IPMI sees them (IPMI 2.0, section 28.13, table 28-14): pure coding."""

from dataclasses import dataclass
from typing import Final

from bessemer_lab.machine.boot import BootChoice, BootDevice

SET_IN_PROGRESS: Final = 0
VALID_BIT_CLEARING: Final = 3
INFO_ACKNOWLEDGE: Final = 4
BOOT_FLAGS: Final = 5

VALID: Final = 0x80
PERSISTENT: Final = 0x40
UEFI: Final = 0x20
KEEP_AFTER_TIMEOUT: Final = 0x08
"""In parameter 3: do not withdraw the boot flags when no power command follows within 60 s."""

# Second byte of the flags, bits 5 to 2.
DEVICES: Final = {
    0x04: BootDevice.PXE,
    0x08: BootDevice.DISK,
    0x0C: BootDevice.DISK,  # "safe mode"
    0x14: BootDevice.CDROM,
    0x18: BootDevice.BIOS,
    0x24: BootDevice.DISK,  # a remote disk; some vendors use it for the local one
}
DEVICE_MASK: Final = 0x3C


@dataclass(frozen=True, slots=True)
class BootFlags:
    """An order for a boot device; `device` is None when the order withdraws the earlier ones."""

    device: BootDevice | None
    persistent: bool


def decode(data: bytes) -> BootFlags:
    """Read parameter 5's data; `ValueError` for too short ones and for devices we do not have."""
    if len(data) < 2:
        raise ValueError("boot flags need at least two bytes")
    code = data[1] & DEVICE_MASK
    if not data[0] & VALID or code == 0:
        return BootFlags(None, persistent=False)
    if code not in DEVICES:
        raise ValueError(f"no boot device has the code {code:#04x}")
    return BootFlags(DEVICES[code], persistent=bool(data[0] & PERSISTENT))


def encode(choice: BootChoice, *, uefi: bool) -> bytes:
    """Parameter 5's five data bytes for the orders in force."""
    device = choice.once or choice.always
    if device is None:
        return bytes(5)
    code = next(code for code, known in DEVICES.items() if known is device)
    flags = VALID | (UEFI if uefi else 0) | (0 if choice.once else PERSISTENT)
    return bytes([flags, code, 0, 0, 0])
