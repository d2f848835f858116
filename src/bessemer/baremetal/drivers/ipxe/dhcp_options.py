"""What DHCP tells a machine that boots over the network; pure.

A machine asks twice: its firmware, which gets a network boot program by TFTP, and then that
program, iPXE, which gets a script's URL. DHCP tells the two apart by tag `ipxe` (option 175).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bessemer.network.public import DhcpOption

BOOT_PROGRAMS: Final[Mapping[str, str]] = {"bios": "undionly.kpxe", "uefi": "snponly.efi"}
ARCHITECTURE_TAGS: Final[Mapping[str, str]] = {"bios": "bios", "uefi": "efi64"}
"""Tags that DHCP sets from the firmware's own word (option 93, RFC 4578)."""


@dataclass(frozen=True, slots=True)
class Firmware:
    """`mode` is `bios`, `uefi`, or None: nobody said, so that the firmware's own word decides.

    `program`: what settings name for the machine's processor; None: what is usual for the mode.
    """

    mode: str | None
    program: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A boot program, the mode that it is for, and the tags (each with a comma) of who gets it."""

    tags: str
    mode: str
    program: str


def choices(firmware: Firmware, usual: Mapping[str, str]) -> list[Choice]:
    """One when it is known what suits, else one for each mode. `usual`: programs by mode."""
    if firmware.program is not None:
        return [Choice("", firmware.mode or "uefi", firmware.program)]
    if firmware.mode is not None:
        return [Choice("", firmware.mode, usual[firmware.mode])]
    return [
        Choice(f"tag:{ARCHITECTURE_TAGS[mode]},", mode, program) for mode, program in usual.items()
    ]


def boot_options(firmware: Firmware, server: str, script_url: str) -> tuple[DhcpOption, ...]:
    """Options 67, 66, 150 and siaddr, as Ironic names them.

    `server` is the TFTP server's address.
    """
    return (
        *(
            DhcpOption(f"tag:!ipxe,{choice.tags}67", choice.program)
            for choice in choices(firmware, BOOT_PROGRAMS)
        ),
        DhcpOption("tag:ipxe,67", script_url),
        *tftp_server(server),
    )


def tftp_server(address: str) -> tuple[DhcpOption, ...]:
    """Options 66, 150 and siaddr."""
    return tuple(DhcpOption(number, address) for number in ("66", "150", "255"))
