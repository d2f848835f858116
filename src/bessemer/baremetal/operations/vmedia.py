"""Virtual media by request: an image from somewhere becomes a drive of the machine.

It is the BMC that fetches the image, from inside the management network: what a URL may name is
therefore checked here, at the one place where such URLs come in.
"""

import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from bessemer.baremetal.domain.management import MediaDevice, VirtualMedium
from bessemer.baremetal.operations.at_conductor import at_conductor
from bessemer.baremetal.operations.at_hardware import at_hardware
from bessemer.baremetal.operations.desk import Desk
from bessemer.errors import Invalid

SCHEMES: Final = ("http", "https", "nfs", "cifs")
LONGEST_URL: Final = 2048
_PLAIN: Final = re.compile(r"[!-~]+\Z")
_NUMERIC: Final = re.compile(r"(0[xX][0-9a-fA-F]+|[0-9]+)(\.(0[xX][0-9a-fA-F]+|[0-9]+)){0,3}\Z")
_LOCAL_NAMES: Final = ("localhost", "localhost.localdomain")


@at_conductor()
async def list_media(desk: Desk, ident: str) -> Sequence[VirtualMedium]:
    """Raises Unsupported, NodeLocked, NotFound, Transient, HardwareFailure; so do the others."""
    async with at_hardware(desk, ident, "reading virtual media") as (node, plugins):
        return await plugins.management.get_virtual_media(node)


@at_conductor()
async def attach(desk: Desk, ident: str, device: MediaDevice, image_url: str) -> None:
    """Raises Invalid for a URL that is not given to BMCs."""
    check_url(image_url)
    async with at_hardware(desk, ident, "attaching virtual media") as (node, plugins):
        await plugins.management.attach_virtual_media(node, device, image_url)


@at_conductor()
async def detach(desk: Desk, ident: str, devices: Sequence[MediaDevice]) -> None:
    """None named: every drive."""
    async with at_hardware(desk, ident, "detaching virtual media") as (node, plugins):
        await plugins.management.detach_virtual_media(node, devices)


def check_url(url: str) -> None:
    """Raises Invalid unless it names an image on some other host, without credentials."""
    if len(url) > LONGEST_URL or not _PLAIN.match(url):
        raise _wrong(f"must be a URL of at most {LONGEST_URL} printable ASCII characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _wrong("is no well-formed URL") from None
    if parts.scheme not in SCHEMES:
        raise _wrong(f"must begin with one of {', '.join(f'{each}://' for each in SCHEMES)}")
    if not host or port == 0:
        raise _wrong("names no host")
    if parts.username is not None or parts.password is not None:
        raise _wrong("must hold no user name or password: it is shown to whoever reads the node")
    _check_host(host)


def _check_host(host: str) -> None:
    """BMC and server share addresses such as 127.0.0.1 and 169.254.169.254: never their own."""
    name = host.rstrip(".").lower()
    if name in _LOCAL_NAMES or name.endswith(".localhost"):
        raise _wrong("must not name the local host")
    address = _address(name)
    if address is None:
        return
    within = getattr(address, "ipv4_mapped", None) or address
    if (
        within.is_loopback
        or within.is_link_local
        or within.is_unspecified
        or within.is_multicast
        or within.is_reserved
    ):
        raise _wrong("must not name a loopback, link-local, multicast or reserved address")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """In any spelling that a C library takes: 0x7f000001, 127.1 and 017700000001 are addresses."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    if not _NUMERIC.match(host):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        raise _wrong("names no host: that is no address") from None


def _wrong(rule: str) -> Invalid:
    return Invalid(f"image_url {rule}.")
