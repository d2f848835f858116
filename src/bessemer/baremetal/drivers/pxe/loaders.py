"""DHCP's answers for PXELINUX, GRUB, and firmware that boots by HTTP itself; pure.

Option 209 (RFC 5071) says where a loader that came by TFTP finds its configuration: made anew by
our listener for each NIC that asks, so no crash can leave a file of it behind.
"""

from collections.abc import Mapping
from typing import Final

from bessemer.baremetal.drivers.agent.ramdisk_network import Listener
from bessemer.baremetal.drivers.ipxe.dhcp_options import Firmware, choices, tftp_server
from bessemer.baremetal.drivers.ipxe.loader import IPXE_BY_ARCHITECTURE, Loader
from bessemer.baremetal.drivers.ipxe.script import ramdisk_script
from bessemer.baremetal.drivers.pxe.grub import grub_configuration, grub_file
from bessemer.baremetal.drivers.pxe.pxelinux import pxelinux_configuration, pxelinux_file
from bessemer.network.public import DhcpOption

GRUB: Final = "grubx64.efi"
IPXE_EFI: Final = "snponly.efi"
PROGRAMS: Final[Mapping[str, str]] = {"bios": "pxelinux.0", "uefi": GRUB}

_UEFI: Final = frozenset({"uefi"})
_HTTP: Final = "tag:!ipxe,tag:efi-http,"


def _pxe(firmware: Firmware, listener: Listener, mac: str) -> tuple[DhcpOption, ...]:
    places = {
        "bios": pxelinux_file(mac),
        "uefi": grub_file(f"{listener.url}/boot/grub/{mac}"),
    }
    options = []
    for choice in choices(firmware, PROGRAMS):
        options += [
            DhcpOption(f"{choice.tags}67", choice.program),
            DhcpOption(f"{choice.tags}209", places[choice.mode]),
        ]
    return (*options, *tftp_server(listener.address))


def _http(firmware: Firmware, listener: Listener, _mac: str) -> tuple[DhcpOption, ...]:
    """GRUB knows from where it came, and asks there for the configuration of its NIC."""
    return _by_http(listener, firmware.program or GRUB)


def _http_ipxe(firmware: Firmware, listener: Listener, mac: str) -> tuple[DhcpOption, ...]:
    script = DhcpOption("tag:ipxe,67", f"{listener.url}/boot/ipxe/{mac}")
    return (*_by_http(listener, firmware.program or IPXE_EFI), script)


def _by_http(listener: Listener, program: str) -> tuple[DhcpOption, ...]:
    """UEFI specification 2.10, section 24.7.3.1."""
    url = f"{listener.url}/boot/programs/{program}"
    return (DhcpOption(f"{_HTTP}60", "HTTPClient"), DhcpOption(f"{_HTTP}67", url))


_BY_ARCHITECTURE: Final = "pxe_bootfile_name_by_arch"

PXE: Final = Loader(
    "PXELINUX or GRUB",
    _pxe,
    {"pxelinux": pxelinux_configuration, "grub": grub_configuration},
    _BY_ARCHITECTURE,
)
HTTP: Final = Loader("GRUB", _http, {"grub": grub_configuration}, _BY_ARCHITECTURE, _UEFI)
HTTP_IPXE: Final = Loader("iPXE", _http_ipxe, {"ipxe": ramdisk_script}, IPXE_BY_ARCHITECTURE, _UEFI)
