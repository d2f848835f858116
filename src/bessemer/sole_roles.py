"""Roles that one process of a cloud has at a time: taken at the start, kept, given back at the end.

The database says whose they are, so that it holds between hosts. Who dies keeps them for
`server.role_lease_duration`, unless it comes back itself: same host, same state directory.
"""

import asyncio
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from bessemer.clock import now
from bessemer.db import sole_holders
from bessemer.db.engine import Database
from bessemer.db.sole_holders import Holding
from bessemer.errors import ConfigurationError, Transient, Unavailable
from bessemer.roles import SOLE, Role
from bessemer.settings import Settings

log = structlog.get_logger()


class RoleTaken(ConfigurationError):
    """Another process has the role, or the conductor's name, that this one wants."""


@dataclass(slots=True)
class SoleRoles:
    """Those of this process."""

    database: Database
    names: Sequence[str]
    holder: str
    duration: timedelta
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when another process has taken them, as may happen to one that stood still."""
    _incarnation: str = field(default_factory=lambda: str(uuid.uuid4()))
    _keeping: asyncio.Task[None] | None = None

    async def take(self) -> None:
        """All or none; from then on they are kept, in the background. Raises RoleTaken."""
        if not self.names:
            return
        moment = now()
        wanted = Holding(self.holder, self._incarnation, moment, moment + self.duration)
        async with self.database.write() as connection:
            for name in sorted(self.names):
                other = await sole_holders.take(connection, name, wanted)
                if other is not None:
                    raise RoleTaken(_refusal(name, other))
        self._keeping = asyncio.create_task(self._keep())

    async def give_back(self) -> None:
        """For the next one to have at once; nothing happens when they were not taken."""
        if self._keeping is None:
            return
        self._keeping.cancel()
        await asyncio.gather(self._keeping, return_exceptions=True)
        async with self.database.write() as connection:
            await sole_holders.give_back(connection, self._incarnation)

    async def _keep(self) -> None:
        while not self.lost.is_set():
            await asyncio.sleep(self.duration.total_seconds() / 3)
            try:
                async with self.database.write() as connection:
                    until = now() + self.duration
                    kept = await sole_holders.renew(
                        connection, self.names, self._incarnation, until
                    )
            except (Unavailable, Transient):
                continue  # while the database is away nobody takes them either
            if not kept:
                log.error("roles.lost", roles=", ".join(self.names))
                self.lost.set()


def sole_roles(database: Database, settings: Settings) -> SoleRoles:
    """What this process, by its settings, must be the only one to be."""
    server = settings.server
    names = [f"role {role}" for role in server.roles if role in SOLE]
    if Role.CONDUCTOR in server.roles:
        names.append(f"conductor {settings.baremetal.conductor_host}")
    holder = f"host {socket.gethostname()}, state directory {server.state_directory.resolve()}"
    return SoleRoles(database, names, holder, server.role_lease_duration)


def _refusal(name: str, other: Holding) -> str:
    what, _, which = name.partition(" ")
    remedy = (
        "give this one a name of its own (--conductor-host NAME)"
        if what == "conductor"
        else f"leave {which} out here (--roles)"
    )
    return (
        f"server.roles: {name} of this cloud is held by another process ({other.holder}; since "
        f"{other.since:%Y-%m-%d %H:%M:%S} UTC), and there may be one only. Stop that one, or "
        f"{remedy}. If it is dead, start again after {other.until:%H:%M:%S} UTC, when its hold ends."
    )
