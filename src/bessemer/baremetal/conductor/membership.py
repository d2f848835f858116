"""Who is there to work, and who is responsible for which node."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.conductor.ring import HashRing, ring_of
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.baremetal.store.conductors import Conductor, list_conductors
from bessemer.clock import now
from bessemer.db.engine import Database


@dataclass(frozen=True, slots=True)
class Membership:
    """The living conductors at one moment."""

    conductors: tuple[Conductor, ...]
    seen_at: datetime
    _rings: dict[tuple[str, str], HashRing] = field(default_factory=dict, repr=False, compare=False)

    def owner(self, node_uuid: str, driver: str, group: str) -> str:
        """Host name of the conductor that the ring `<group>:<driver>` names for a node.

        Raises Unavailable when nobody alive serves this group with this driver.
        """
        ring = self._rings.get((group, driver))
        if ring is None:
            ring = self._rings[group, driver] = self._ring(group, driver)
        return ring.owner(node_uuid)

    def anyone_with(self, driver: str) -> str:
        """Host name of a conductor with this driver, the same one for the same conductors.

        Raises Unavailable when there is none.
        """
        able = (c.hostname for c in self.conductors if driver in c.drivers)
        return ring_of(frozenset(able)).owner(driver)

    def _ring(self, group: str, driver: str) -> HashRing:
        able = (c for c in self.conductors if c.conductor_group == group and driver in c.drivers)
        return ring_of(frozenset(c.hostname for c in able))


@dataclass(slots=True)
class Acquaintance:
    """What one process knows of the living conductors, looked up anew after a moment.

    Enough for what is shown and for nudges; who accepts work reads them afresh.
    """

    _known: Membership | None = None

    async def members(self, database: Database, settings: BareMetalSettings) -> Membership:
        """The conductors as they were `hash_ring_reset_interval` ago at most."""
        known = self._known
        if known is None or now() - known.seen_at >= settings.hash_ring_reset_interval:
            async with database.read() as connection:
                known = self._known = await read(connection, settings)
        return known


async def read(connection: AsyncConnection, settings: BareMetalSettings) -> Membership:
    """The conductors that were heard of within the timeout."""
    moment = now()
    known = await list_conductors(connection)
    timeout = settings.conductor_heartbeat_timeout
    return Membership(tuple(c for c in known if c.alive(moment, timeout)), moment)
