"""Boot devices as IPMI writes and reads them (IPMI 2.0, section 28.13, parameter 5). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.domain.node import BootDevice

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


@dataclass(frozen=True, slots=True)
class BootOrder:
    """What to boot from; `supermicro`: the board has codes of its own."""

    device: BootDevice
    persistent: bool
    uefi: bool
    supermicro: bool = False

    @property
    def flags(self) -> bytes:
        """The five data bytes of parameter 5."""
        special = self.uefi and self.supermicro and self.device is BootDevice.DISK
        code = _SUPERMICRO_DISK if special else _CODES[self.device]
        kind = (_UEFI if self.uefi else 0) | (_PERSISTENT if self.persistent else 0)
        return bytes((_VALID | kind, code, 0, 0, 0))


def read(flags: bytes) -> tuple[BootDevice | None, bool | None]:
    """Device and persistence; (None, None) when the flags are not in force."""
    if not flags[0] & _VALID:
        return None, None
    device = _DEVICES.get(flags[1] & _SELECTOR)
    return device, bool(flags[0] & _PERSISTENT)
