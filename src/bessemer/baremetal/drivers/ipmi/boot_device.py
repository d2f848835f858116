"""Boot devices as IPMI writes and reads them (IPMI 2.0, section 28.13, parameter 5). Pure."""

from collections.abc import Mapping
from typing import Final

from bessemer.baremetal.domain.node import BootDevice

DISABLE_TIMEOUT: Final = ("raw", "0x00", "0x08", "0x03", "0x08")
"""Do not drop the boot flags when no boot follows within 60 s (parameter 3)."""
READ_FLAGS: Final = ("chassis", "bootparam", "get", "5")

_VALID: Final = 0x80
_PERSISTENT: Final = 0x40
_UEFI: Final = 0x20
_SELECTOR: Final = 0x3C
_SUPERMICRO: Final = frozenset({10876, 47488})
_SUPERMICRO_DISK: Final = 0x24

_CODES: Final = {
    BootDevice.PXE: 0x04,
    BootDevice.DISK: 0x08,
    BootDevice.SAFE: 0x0C,
    BootDevice.CDROM: 0x14,
    BootDevice.BIOS: 0x18,
}
_DEVICES: Final[Mapping[int, BootDevice]] = {
    **{code: device for device, code in _CODES.items()},
    _SUPERMICRO_DISK: BootDevice.DISK,
}
SUPPORTED: Final = tuple(_CODES)


def is_supermicro(enterprise_number: int) -> bool:
    """These boards take another code for the disk under UEFI."""
    return enterprise_number in _SUPERMICRO


def bios_command(device: BootDevice, *, persistent: bool) -> tuple[str, ...]:
    """ipmitool's own command; it marks the boot as a legacy one."""
    options = ("options=persistent",) if persistent else ()
    return ("chassis", "bootdev", device.value, *options)


def uefi_command(device: BootDevice, *, persistent: bool, supermicro: bool) -> tuple[str, ...]:
    """The raw form: the flags say UEFI, which `chassis bootdev` of older ipmitool cannot."""
    flags = _VALID | _UEFI | (_PERSISTENT if persistent else 0)
    special = supermicro and device is BootDevice.DISK
    code = _SUPERMICRO_DISK if special else _CODES[device]
    octets = (0x00, 0x08, 0x05, flags, code, 0x00, 0x00, 0x00)
    return ("raw", *(f"0x{octet:02x}" for octet in octets))


def read(flags: bytes) -> tuple[BootDevice | None, bool | None]:
    """Device and persistence; (None, None) when the flags are not in force."""
    if not flags[0] & _VALID:
        return None, None
    device = _DEVICES.get(flags[1] & _SELECTOR)
    return device, bool(flags[0] & _PERSISTENT)
