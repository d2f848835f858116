"""Which conductor owns a node: a consistent hash ring that agrees with Ironic's (tooz).

Each host has 32 points (2**5), the md5 of `<host>-<n>`; a node belongs to the first point at or
after the md5 of its uuid. Hash for placement only, not for security.
"""

import bisect
import hashlib
from collections.abc import Iterable
from typing import Final

from bessemer.errors import Unavailable

POINTS_PER_HOST: Final = 2**5


class HashRing:
    """An immutable ring over host names."""

    def __init__(self, hosts: Iterable[str]) -> None:
        points = sorted(
            (_hash(f"{host}-{number}"), host)
            for host in set(hosts)
            for number in range(POINTS_PER_HOST)
        )
        self._keys = [key for key, _ in points]
        self._hosts = [host for _, host in points]

    def owner(self, node_uuid: str) -> str:
        """The host that the node belongs to. Raises Unavailable when there is none."""
        if not self._hosts:
            raise Unavailable("No conductor is running that could serve this node; start one.")
        position = bisect.bisect(self._keys, _hash(node_uuid)) % len(self._keys)
        return self._hosts[position]


def _hash(text: str) -> int:
    return int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(), 16)
