"""MAC and IP addresses: spelling, generation, allocation; pure functions."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_network
from itertools import pairwise
from typing import Final

from bessemer.network.domain.errors import InvalidInput

_GENERATED_PREFIX: Final = "fa:16:3e"
"""The prefix of generated MACs, the one that Neutron uses: locally administered, unicast."""

_HEX_DIGITS: Final = re.compile(r"[0-9a-f]{12}\Z")
_SPELLINGS: Final = (
    re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}\Z"),
    re.compile(r"([0-9a-f]{2}-){5}[0-9a-f]{2}\Z"),
    re.compile(r"([0-9a-f]{4}\.){2}[0-9a-f]{4}\Z"),
    _HEX_DIGITS,
)


def parse_mac(text: str) -> str:
    """A unicast MAC as `aa:bb:cc:dd:ee:ff`, from any of the four usual spellings.

    Raises InvalidInput for anything else, for group addresses (IEEE 802: lowest bit of the first
    octet) and for all zeros.
    """
    lower = text.strip().lower()
    if not any(spelling.match(lower) for spelling in _SPELLINGS):
        raise InvalidInput(f"{text[:40]!r} is not a MAC address; write aa:bb:cc:dd:ee:ff.")
    digits = re.sub("[^0-9a-f]", "", lower)
    if int(digits[:2], 16) & 1:
        raise InvalidInput(f"{text!r} is a multicast MAC; a port needs a unicast one.")
    if int(digits, 16) == 0:
        raise InvalidInput(f"{text!r} is all zeros; a port needs a real MAC address.")
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def generated_mac(random_bits: int) -> str:
    """A MAC made of Neutron's prefix and the lowest 24 of the given bits."""
    tail = f"{random_bits & 0xFFFFFF:06x}"
    return ":".join((_GENERATED_PREFIX, tail[:2], tail[2:4], tail[4:]))


@dataclass(frozen=True, slots=True)
class Pool:
    """Addresses from `start` to `end`, both included."""

    start: IPv4Address
    end: IPv4Address

    def __contains__(self, address: IPv4Address) -> bool:
        return self.start <= address <= self.end


def parse_cidr(text: str) -> IPv4Network:
    """An IPv4 subnet with room for hosts. Raises InvalidInput."""
    try:
        network = ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidInput(f"{text[:60]!r} is not a subnet; write 10.1.0.0/24.") from error
    if not isinstance(network, IPv4Network):
        raise InvalidInput(f"{text} is an IPv6 subnet; this cloud serves IPv4 subnets only.")
    if network.prefixlen > 30 or network.prefixlen < 8:
        raise InvalidInput(f"{text}: the prefix length must be between 8 and 30.")
    if network.is_loopback or network.is_multicast or network.network_address == IPv4Address(0):
        raise InvalidInput(f"{text} is not for hosts; take a private subnet such as 10.1.0.0/24.")
    return network


def parse_address(text: str, subnet: IPv4Network) -> IPv4Address:
    """A host's address within `subnet`. Raises InvalidInput."""
    try:
        address = IPv4Address(text)
    except ValueError as error:
        raise InvalidInput(f"{text[:40]!r} is not an IPv4 address.") from error
    if address not in subnet:
        raise InvalidInput(f"{address} is not in the subnet {subnet}.")
    if address in (subnet.network_address, subnet.broadcast_address):
        raise InvalidInput(f"{address} is the network or broadcast address of {subnet}.")
    return address


def first_host(subnet: IPv4Network) -> IPv4Address:
    """The address that becomes the gateway when nobody names one."""
    return subnet.network_address + 1


def default_pools(subnet: IPv4Network, reserved: Collection[IPv4Address]) -> tuple[Pool, ...]:
    """Every host address but the reserved ones, as few ranges as possible."""
    start, last = subnet.network_address + 1, subnet.broadcast_address - 1
    pools: list[Pool] = []
    for hole in sorted(address for address in set(reserved) if start <= address <= last):
        if hole > start:
            pools.append(Pool(start, hole - 1))
        start = hole + 1
    if start <= last:
        pools.append(Pool(start, last))
    return tuple(pools)


def checked_pools(
    subnet: IPv4Network, pools: Sequence[Pool], gateway: IPv4Address | None
) -> tuple[Pool, ...]:
    """The pools in order. Raises InvalidInput when one leaves the subnet, overlaps, or holds the gateway."""
    ordered = tuple(sorted(pools, key=lambda pool: pool.start))
    for pool in ordered:
        parse_address(str(pool.start), subnet)
        parse_address(str(pool.end), subnet)
        if pool.end < pool.start:
            raise InvalidInput(f"The pool {pool.start}-{pool.end} ends before it begins.")
        if gateway is not None and gateway in pool:
            raise InvalidInput(f"The gateway {gateway} lies in the pool {pool.start}-{pool.end}.")
    for before, after in pairwise(ordered):
        if after.start <= before.end:
            raise InvalidInput(f"The pools overlap at {after.start}.")
    return ordered


def first_free(pools: Sequence[Pool], taken: Collection[IPv4Address]) -> IPv4Address | None:
    """The lowest address of the pools that is not taken; None when all are."""
    return next(_free(pools, frozenset(taken)), None)


def _free(pools: Sequence[Pool], taken: frozenset[IPv4Address]) -> Iterator[IPv4Address]:
    for pool in pools:
        for number in range(int(pool.start), int(pool.end) + 1):
            address = IPv4Address(number)
            if address not in taken:
                yield address
