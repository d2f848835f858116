"""PXELINUX's configuration; pure. One keyword per line: https://wiki.syslinux.org/wiki/?title=Config."""

from typing import Final

from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.ipxe.boot_words import FILE, WORD, checked
from bessemer.baremetal.drivers.ipxe.kernel_parameters import KernelParameters
from bessemer.baremetal.drivers.pxe.loadable import refuse_iso
from bessemer.errors import Invalid

_RAMDISK: Final = """\
SAY Bessemer: {purpose} of node {node}, NIC {mac}
DEFAULT ramdisk
PROMPT 0
TIMEOUT 50
LABEL ramdisk
KERNEL ::{kernel}
INITRD ::{ramdisk}
APPEND {params}
"""
"""`::` begins a path at the TFTP server's root, whatever prefix DHCP gave (option 210).

After a failure PXELINUX prompts, and starts the default anew when 5 s (50 tenths) have passed.
"""

_UNKNOWN: Final = """\
SAY Bessemer: NIC {mac} has no network boot to do. Going on with the next boot device.
DEFAULT next
PROMPT 0
LABEL next
LOCALBOOT -1
"""


def pxelinux_configuration(config: BootConfig, mac: str) -> str:
    """Loads the ramdisk by TFTP, since nothing but that is sure to be in a PXE ROM.

    Raises Invalid when a part could be read as more than one word. `initrd=` among the kernel's
    parameters is PXELINUX's own word, and would have it load something else.
    """
    refuse_iso(config)
    params = KernelParameters(config.params) + KernelParameters((f"BOOTIF={mac}",))
    if any(word.lower().startswith("initrd=") for word in params.words):
        raise Invalid("Kernel parameter initrd= is refused: use driver_info.deploy_ramdisk.")
    return _RAMDISK.format(
        purpose=checked(WORD, config.purpose),
        node=checked(WORD, config.node_uuid),
        mac=checked(WORD, mac),
        kernel=checked(FILE, config.file_of("kernel")),
        ramdisk=checked(FILE, config.file_of("ramdisk")),
        params=params,
    )


def pxelinux_file(mac: str) -> str:
    """The name by which PXELINUX asks for its configuration: 01 is Ethernet (RFC 1700)."""
    return f"pxelinux.cfg/01-{mac.replace(':', '-')}"


def unknown_to_pxelinux(mac: str) -> str:
    """Goes on to the next boot device."""
    return _UNKNOWN.format(mac=checked(WORD, mac))
