"""Which conductor owns a node: a consistent hash ring that agrees with Ironic's (tooz).

Each host has 32 points (2**5): md5 over its name repeated 2, 3, … 33 times. A node belongs to the
first point after the md5 of its uuid. The hash is for placement only, not for security.
"""

import bisect
import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from bessemer.errors import Unavailable

POINTS_PER_HOST: Final = 2**5


class HashRing:
    """An immutable ring over host names."""

    def __init__(self, hosts: Iterable[str]) -> None:
        points = sorted((point, host) for host in set(hosts) for point in _points(host))
        self._keys = [key for key, _ in points]
        self._hosts = [host for _, host in points]

    def owner(self, node_uuid: str) -> str:
        """The host that the node belongs to. Raises Unavailable when there is none."""
        if not self._hosts:
            raise Unavailable("No conductor is running that could serve this node; start one.")
        position = bisect.bisect(self._keys, _hash(node_uuid)) % len(self._keys)
        return self._hosts[position]


@lru_cache(maxsize=64)
def ring_of(hosts: frozenset[str]) -> HashRing:
    """The ring over these hosts; made once for as long as they are the same."""
    return HashRing(hosts)


def _points(host: str) -> Iterator[int]:
    name = host.encode()
    digest = hashlib.md5(name, usedforsecurity=False)
    for _ in range(POINTS_PER_HOST):
        digest.update(name)
        yield int(digest.hexdigest(), 16)


def _hash(text: str) -> int:
    return int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(), 16)
