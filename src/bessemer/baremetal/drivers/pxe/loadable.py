"""What PXELINUX and GRUB can load: GRUB plain HTTP, none of the letters that mean something there; no ISO."""

import re
from typing import Final

from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.errors import Invalid

_PLAIN: Final = re.compile(
    r"http://(?P<host>[A-Za-z0-9.-]+(:[0-9]+)?)(?P<path>/[A-Za-z0-9_./=@%+~&?:-]*)\Z"
)


def plain_url(url: str) -> re.Match[str]:
    """Groups `host` (with port) and `path`. Raises Invalid: a comma, say, would end a file's name."""
    found = _PLAIN.match(url)
    if found is None:
        raise Invalid(
            f"{quoted(repr(url), 100)} cannot be loaded by GRUB, which knows plain http:// "
            "only. Use boot interface ipxe, or another URL."
        )
    return found


def refuse_iso(config: BootConfig) -> None:
    """Raises Invalid for a configuration that is an ISO image's."""
    if config.boot_iso:
        raise Invalid(
            "An ISO image cannot be booted by PXELINUX or GRUB. Use boot interface ipxe or "
            "http-ipxe, or give kernel and ramdisk (instance_info)."
        )
