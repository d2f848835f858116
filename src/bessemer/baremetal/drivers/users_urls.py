"""Fetches what users' URLs name, from this conductor, without becoming their way into its network.

Judged is the address of each connection at the moment at which its socket is made: so neither a name
that resolves to another address the second time, nor a redirect, leads around it.
"""

import socket
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

import aiohttp
from yarl import URL

from bessemer.baremetal.fetch_settings import FetchSettings
from bessemer.errors import Invalid

MOST_REDIRECTS: Final = 10
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SCHEMES: Final = frozenset({"http", "https"})

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

REFUSED: Final[Sequence[tuple[Network, str]]] = tuple(
    (ip_network(network), what)
    for network, what in (
        ("0.0.0.0/8", "this host"),
        ("127.0.0.0/8", "this host"),
        ("169.254.0.0/16", "link-local, where clouds keep their metadata"),
        ("100.100.100.200/32", "a cloud's metadata"),
        ("192.0.0.0/24", "reserved"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/127", "this host"),
        ("fe80::/10", "link-local"),
        ("fd00:ec2::254/128", "a cloud's metadata"),
        ("ff00::/8", "multicast"),
    )
)
"""RFC 6890's registries of special addresses, as far as they lead to the host itself or its link."""

_IPV4_WITHIN: Final[Sequence[IPv6Network]] = tuple(
    IPv6Network(each) for each in ("::ffff:0:0/96", "::/96", "64:ff9b::/96")
)
"""IPv6 addresses that are an IPv4 address to whoever carries them (RFC 4291, RFC 6052)."""


class FetchRefused(Invalid):
    """A user's URL leads where this conductor goes for nobody."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where it goes: what is denied, then what is allowed, then what is refused to all."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: FetchSettings) -> "Bounds":
        """As the settings say."""
        return cls(settings.fetch_allow, settings.fetch_deny)

    def objection(self, host: str, address: Address) -> str | None:
        """Why `host`, which is at `address`, is not gone to; None: it is."""
        seen = _within(address)
        if _names(self.deny, host, seen):
            return "which baremetal.fetch_deny names"
        if _names(self.allow, host, seen):
            return None
        for network, what in REFUSED:
            if seen in network:
                return f"which is {what}; baremetal.fetch_allow can name it"
        return None


ANYWHERE: Final = Bounds(allow=("0.0.0.0/0", "::/0"))
"""For URLs that this cloud itself made."""


@dataclass(slots=True)
class _Door:
    """Makes the sockets of one request to one host, and remembers what it refused."""

    bounds: Bounds
    host: str
    objections: list[str] = field(default_factory=list)

    def socket(self, address_info: Any) -> socket.socket:
        family, kind, protocol, _, place = address_info
        objection = self.bounds.objection(self.host, ip_address(place[0].partition("%")[0]))
        if objection is not None:
            self.objections.append(f"{place[0]}, {objection}")
            raise PermissionError(objection)
        return socket.socket(family, kind, protocol)


@asynccontextmanager
async def fetched(
    url: str, bounds: Bounds, timeout: aiohttp.ClientTimeout, **request: Any
) -> AsyncIterator[aiohttp.ClientResponse]:
    """The answer to GET, whatever its status, its body not read yet; redirects are followed.

    Raises FetchRefused, and aiohttp.ClientError or TimeoutError when the server does not answer.
    """
    place = _usable(URL(url))
    for _ in range(MOST_REDIRECTS + 1):
        door = _Door(bounds, (place.host or "").lower().rstrip("."))
        connector = aiohttp.TCPConnector(socket_factory=door.socket)
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, auto_decompress=False
        ) as session:
            try:
                response = await session.get(place, allow_redirects=False, **request)
            except aiohttp.ClientError:
                if door.objections:
                    raise _refused(door) from None
                raise
            async with response:
                onward = response.headers.get("Location")
                if response.status not in _REDIRECTS or not onward:
                    yield response
                    return
                further = _usable(place.join(URL(onward)))
                if further.origin() != place.origin():
                    request.pop("headers", None)  # meant for the first server alone
                place = further
    raise FetchRefused(f"The URL redirects more than {MOST_REDIRECTS} times.")


def _usable(url: URL) -> URL:
    if url.scheme not in _SCHEMES or not url.host:
        raise FetchRefused("Only http and https URLs are fetched.")
    return url


def _refused(door: _Door) -> FetchRefused:
    return FetchRefused(
        f"{door.host[:100]} is not fetched from: it is at {'; at '.join(door.objections)}."
    )


def _within(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, IPv4Address) or address.is_unspecified or address.is_loopback:
        return address
    carried = any(address in each for each in _IPV4_WITHIN)
    return IPv4Address(int(address) & 0xFFFFFFFF) if carried else address


def _names(places: Iterable[str], host: str, address: Address) -> bool:
    return any(place == host or _holds(place, address) for place in places)


def _holds(place: str, address: Address) -> bool:
    try:
        return address in ip_network(place)
    except ValueError:
        return False
