"""iPXE scripts; pure. Nothing gets into one that could be read as anything but one word.

Syntax: https://ipxe.org/scripting, commands: https://ipxe.org/cmd.
"""

from typing import Final

from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.ipxe.boot_words import URL, WORD, checked
from bessemer.baremetal.drivers.ipxe.kernel_parameters import KernelParameters

RETRY_S: Final = 5
EXIT_S: Final = 10

_RAMDISK: Final = """\
#!ipxe
echo Bessemer: {purpose} of node {node}, NIC {mac}
:load
imgfree
kernel {kernel} initrd=ramdisk {params} || goto again
initrd --name ramdisk {ramdisk} || goto again
boot
:again
echo Bessemer: the {purpose} ramdisk could not be loaded. Trying again in {retry} s
sleep {retry}
goto load
"""

_ISO: Final = """\
#!ipxe
echo Bessemer: {purpose} of node {node}, NIC {mac}
:load
sanboot --no-describe {iso} || goto again
:again
echo Bessemer: the ISO image could not be booted. Trying again in {retry} s
sleep {retry}
goto load
"""

_UNKNOWN: Final = """\
#!ipxe
echo Bessemer: NIC {mac} has no network boot to do.
echo Its node is unknown, or is not being deployed, cleaned or inspected.
echo Going on with the next boot device in {exit} s.
sleep {exit}
exit
"""


def ramdisk_script(config: BootConfig, mac: str) -> str:
    """Loads the ramdisk; tries for ever, since giving up would start what is on the disk.

    Raises Invalid when a part of the configuration could be read as more than one word.
    """
    if config.boot_iso:
        return _ISO.format(
            purpose=checked(WORD, config.purpose),
            node=checked(WORD, config.node_uuid),
            mac=checked(WORD, mac),
            iso=checked(URL, config.url_of("boot_iso")),
            retry=RETRY_S,
        )
    params = KernelParameters(config.params) + KernelParameters((f"BOOTIF={mac}",))
    return _RAMDISK.format(
        purpose=checked(WORD, config.purpose),
        node=checked(WORD, config.node_uuid),
        mac=checked(WORD, mac),
        kernel=checked(URL, config.url_of("kernel")),
        ramdisk=checked(URL, config.url_of("ramdisk")),
        params=params,
        retry=RETRY_S,
    )


def unknown_machine_script(mac: str) -> str:
    """Says so on the console and goes on to the next boot device."""
    return _UNKNOWN.format(mac=checked(WORD, mac), exit=EXIT_S)
