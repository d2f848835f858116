"""What every worker needs, in one piece."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.conductor.task import Shelves
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.work import Flow, Work
from bessemer.baremetal.interfaces.registry import Registry
from bessemer.baremetal.store.work import Due

NextWork = Callable[[AsyncConnection, Registry, Node, Work], Awaitable[Work | None]]
"""What follows a flow that ended well: tear down is followed by cleaning."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The shelves, the plug-ins, and who the worker works as."""

    shelves: Shelves
    registry: Registry
    owner: str
    lease_duration: timedelta
    next_work: NextWork
    changed: Callable[[str], None]
    """Called with a node's uuid after each change of its state or work."""
    nudge: Callable[[Due], None]
    """Tells a node's conductor, whichever it is, that its work can go on; returns at once."""
    step_timeout: timedelta
    """How long a run of a step may take that says nothing else itself."""
    draining: asyncio.Event = field(default_factory=asyncio.Event)
    """Once set, workers end the step in hand and begin no other."""
    limits: Mapping[Flow, int] = field(default_factory=dict)
    """How many nodes may be in a flow at once; flows not named have no limit."""

    not_in_maintenance: frozenset[Flow] = frozenset()
    """Flows that end, as if aborted, on a node that is put into maintenance."""

    @property
    def hostname(self) -> str:
        """The conductor's, as history names it."""
        return self.owner.partition(":")[0]
