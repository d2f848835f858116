"""What tells the network boot interfaces apart, as a value: DHCP's answers and the configuration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.drivers.agent.ramdisk_network import Listener
from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.ipxe.dhcp_options import Firmware, boot_options
from bessemer.baremetal.drivers.ipxe.script import ramdisk_script
from bessemer.network.public import DhcpOption

Options = Callable[[Firmware, Listener, str], tuple[DhcpOption, ...]]
"""From what is known of the firmware, our listener, and the NIC's MAC."""

Render = Callable[[BootConfig, str], str]
"""A configuration for the NIC with this MAC. Raises Invalid for what cannot be said safely."""


@dataclass(frozen=True, slots=True)
class Loader:
    """`renderers` by what the listener calls them: `/boot/<name>/<MAC>`.

    `by_architecture` is the setting with boot programs by the node's `cpu_arch`.
    """

    program: str
    options: Options
    renderers: Mapping[str, Render]
    by_architecture: str
    modes: frozenset[str] = frozenset({"bios", "uefi"})

    def check(self, config: BootConfig) -> None:
        """Raises Invalid when one of the configurations could not be said."""
        for render in self.renderers.values():
            render(config, "00:00:00:00:00:00")


def _ipxe_options(firmware: Firmware, listener: Listener, mac: str) -> tuple[DhcpOption, ...]:
    return boot_options(firmware, listener.address, f"{listener.url}/boot/ipxe/{mac}")


IPXE_BY_ARCHITECTURE: Final = "ipxe_bootfile_name_by_arch"
IPXE: Final = Loader("iPXE", _ipxe_options, {"ipxe": ramdisk_script}, IPXE_BY_ARCHITECTURE)
