"""GRUB's configuration; pure. Every argument stands between single quotes, where nothing is special.

Syntax: GNU GRUB manual, section "Writing full configuration files directly".
"""

from typing import Final

from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.ipxe.boot_words import WORD, checked
from bessemer.baremetal.drivers.ipxe.kernel_parameters import KernelParameters
from bessemer.baremetal.drivers.pxe.loadable import plain_url, refuse_iso

_RAMDISK: Final = """\
echo 'Bessemer: {purpose} of node {node}, NIC {mac}'
while true; do
    if linux '{kernel}' {params}; then
        if initrd '{ramdisk}'; then
            boot
        fi
    fi
    echo 'Bessemer: the ramdisk could not be loaded. Trying again in 5 s'
    sleep 5
done
"""

_UNKNOWN: Final = """\
echo 'Bessemer: NIC {mac} has no network boot to do. Going on with the next boot device.'
sleep 10
exit
"""


def grub_configuration(config: BootConfig, mac: str) -> str:
    """Loads the ramdisk over HTTP; tries for ever. Raises Invalid.

    No quote passes the checks, so none of the words can end its own.
    """
    refuse_iso(config)
    params = KernelParameters(config.params) + KernelParameters((f"BOOTIF={mac}",))
    return _RAMDISK.format(
        purpose=checked(WORD, config.purpose),
        node=checked(WORD, config.node_uuid),
        mac=checked(WORD, mac),
        kernel=grub_file(config.url_of("kernel")),
        ramdisk=grub_file(config.url_of("ramdisk")),
        params=" ".join(f"'{word}'" for word in params.words),
    )


def unknown_to_grub(mac: str) -> str:
    """Goes on to the next boot device."""
    return _UNKNOWN.format(mac=checked(WORD, mac))


def grub_file(url: str) -> str:
    """A URL as GRUB names files: `(http,host:port)/path`. Raises Invalid."""
    parts = plain_url(url)
    return f"(http,{parts['host']}){parts['path']}"
