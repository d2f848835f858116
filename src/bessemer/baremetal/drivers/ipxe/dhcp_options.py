"""What DHCP tells a machine that boots over the network; pure.

A machine asks twice: its firmware, which gets a network boot program by TFTP, and then that
program, iPXE, which gets a script's URL. DHCP tells the two apart by tag `ipxe` (option 175).
"""

from collections.abc import Mapping
from typing import Final

from bessemer.network.public import DhcpOption

BOOT_PROGRAMS: Final[Mapping[str, str]] = {"bios": "undionly.kpxe", "uefi": "snponly.efi"}
ARCHITECTURE_TAGS: Final[Mapping[str, str]] = {"bios": "bios", "uefi": "efi64"}
"""Tags that DHCP sets from the firmware's own word (option 93, RFC 4578)."""


def boot_options(boot_mode: str | None, server: str, script_url: str) -> tuple[DhcpOption, ...]:
    """Options 67, 66, 150 and siaddr, as Ironic names them.

    `server` is the TFTP server's address. `boot_mode` None: nobody said, so that the firmware's own
    word decides.
    """
    if boot_mode is None:
        programs = [
            DhcpOption(f"tag:!ipxe,tag:{ARCHITECTURE_TAGS[mode]},67", program)
            for mode, program in BOOT_PROGRAMS.items()
        ]
    else:
        programs = [DhcpOption("tag:!ipxe,67", BOOT_PROGRAMS[boot_mode])]
    return (
        *programs,
        DhcpOption("tag:ipxe,67", script_url),
        *tftp_server(server),
    )


def tftp_server(address: str) -> tuple[DhcpOption, ...]:
    """Options 66, 150 and siaddr."""
    return tuple(DhcpOption(number, address) for number in ("66", "150", "255"))
