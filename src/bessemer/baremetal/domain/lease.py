"""A lease: the right to work on one node, and what happens without it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bessemer.errors import Conflict


class LeaseLost(Exception):
    """Another worker owns the node now; whoever sees this stops at once and writes nothing.

    Not one of the product's errors on purpose: no step may catch it by catching those.
    """


class NodeLocked(Conflict):
    """Another operation holds this node."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one node. Every write under it carries its epoch (fencing)."""

    node_uuid: str
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a node, for what, since when."""

    owner: str
    purpose: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """From now, for a while."""

    now: datetime
    length: timedelta

    @property
    def until(self) -> datetime:
        """When it ends."""
        return self.now + self.length
