"""A conductor: registered, heartbeating, and at work on the nodes that the hash ring gives it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from bessemer.baremetal.conductor import membership
from bessemer.baremetal.conductor.engine import Engine
from bessemer.baremetal.conductor.turns import call_all
from bessemer.baremetal.conductor.worker import work_on
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.baremetal.store import conductor_interfaces, conductors, leases
from bessemer.baremetal.store import work as work_store
from bessemer.bus.bus import Bus
from bessemer.clock import now
from bessemer.errors import Unavailable
from bessemer.json_types import JsonObject

log = structlog.get_logger()

SWEEP_INTERVAL: Final = timedelta(seconds=5)
"""Upper bound of the delay that a lost nudge costs."""


QUEUES_CHECKED_EVERY: Final = timedelta(minutes=1)


def topic_of(hostname: str) -> str:
    """The bus topic on which a conductor is nudged; messages hold `node_uuid`."""
    return f"baremetal.conductor.{hostname}"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this conductor is: a host name that stays, an incarnation that does not."""

    hostname: str
    incarnation: str

    @property
    def owner(self) -> str:
        """As leases name it."""
        return f"{self.hostname}:{self.incarnation}"


class Conductor:
    """Runs workers, at most one per node and `workers_pool_size` at once, until `stop`."""

    def __init__(
        self, engine: Engine, bus: Bus, identity: Identity, settings: BareMetalSettings
    ) -> None:
        self._engine = engine
        self._bus = bus
        self._identity = identity
        self._settings = settings
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(settings.workers_pool_size)
        self._again: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._periodic: list[asyncio.Task[None]] = []
        self._stopping = False
        self._unsubscribe: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Register, free what a former self held, take up the work that is there."""
        identity = self._identity
        async with self._engine.shelves.database.write() as connection:
            await conductors.register(
                connection,
                identity.hostname,
                self._settings.conductor_group,
                sorted(self._engine.registry.hardware_types),
                identity.incarnation,
            )
            await conductor_interfaces.register(
                connection, identity.hostname, self._engine.registry.offers()
            )
            await leases.release_all(connection, f"{identity.hostname}:")
        self._unsubscribe = self._bus.subscribe(topic_of(identity.hostname), self._on_nudge)
        await self._sweep()
        self.every(SWEEP_INTERVAL, self._sweep)
        await call_all(self._engine)
        self.every(QUEUES_CHECKED_EVERY, partial(call_all, self._engine))
        self.every(self._settings.conductor_heartbeat_interval, self._keep_alive)

    async def drain(self) -> None:
        """Begin no new step; return once those in hand have ended and their nodes are free.

        Others take the nodes over as soon as `stop` has taken this conductor off the ring.
        """
        self._stopping = True
        self._engine.draining.set()
        self._unsubscribe()
        self._unsubscribe = lambda: None
        for timer in self._timers.values():
            timer.cancel()
        if self._workers:
            log.info("conductor.draining", nodes=len(self._workers))
            await asyncio.wait(tuple(self._workers.values()))

    async def stop(self) -> None:
        """End at once: steps in hand are interrupted and run again by the next owner."""
        self._stopping = True
        self._unsubscribe()
        self._unsubscribe = lambda: None
        for timer in self._timers.values():
            timer.cancel()
        tasks = [*self._periodic, *self._workers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with self._engine.shelves.database.write() as connection:
            await leases.release_all(connection, self._identity.owner)
            await conductors.leave(connection, self._identity.hostname, self._identity.incarnation)

    def every(self, interval: timedelta, action: Callable[[], Awaitable[None]]) -> None:
        """Run `action` again and again; its failures are logged, and it goes on."""
        self._periodic.append(asyncio.create_task(_forever(interval, action)))

    def nudge(self, node_uuid: str) -> None:
        """See to this node now; returns at once."""
        if self._stopping:
            return
        worker = self._workers.get(node_uuid)
        if worker is not None and not worker.done():
            self._again.add(node_uuid)
            return
        timer = self._timers.pop(node_uuid, None)
        if timer is not None:
            timer.cancel()
        self._workers[node_uuid] = asyncio.create_task(self._work(node_uuid))

    async def forget_silent(self) -> None:
        """Drop conductors that were not heard of for `stale_conductor_timeout`."""
        since = now() - self._settings.stale_conductor_timeout
        async with self._engine.shelves.database.write() as connection:
            gone = await conductors.forget_silent(connection, since)
        if gone:
            log.info("conductor.forgotten", hostnames=gone)

    async def _on_nudge(self, message: JsonObject) -> None:
        self.nudge(message["node_uuid"])

    async def _work(self, node_uuid: str) -> None:
        try:
            async with self._slots:
                look_again = await work_on(self._engine, node_uuid)
        except Exception:
            log.exception("worker.failed", node=node_uuid)
            look_again = None
        self._workers.pop(node_uuid, None)
        if node_uuid in self._again:
            self._again.discard(node_uuid)
            self.nudge(node_uuid)
        elif look_again is not None:
            self._wake_at(node_uuid, look_again)

    def _wake_at(self, node_uuid: str, moment: datetime) -> None:
        delay = max(0.0, (moment - now()).total_seconds())
        loop = asyncio.get_running_loop()
        self._timers[node_uuid] = loop.call_later(delay, self.nudge, node_uuid)

    async def _sweep(self) -> None:
        async with self._engine.shelves.database.read() as connection:
            due = await work_store.due(connection, now())
            members = await membership.read(connection, self._settings)
        for each in due:
            with suppress(Unavailable):  # nobody serves it: its work waits for who will
                owner = members.owner(each.node_uuid, each.driver, each.conductor_group)
                at_work = each.node_uuid in self._workers  # and sees by itself that there is more
                if owner == self._identity.hostname and not at_work:
                    self.nudge(each.node_uuid)

    async def _keep_alive(self) -> None:
        identity = self._identity
        async with self._engine.shelves.database.write() as connection:
            if not await conductors.touch(connection, identity.hostname, identity.incarnation):
                log.error("conductor.name_taken", hostname=identity.hostname)


async def _forever(interval: timedelta, action: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(interval.total_seconds())
        try:
            await action()
        except Exception:
            log.exception("periodic.failed", action=getattr(action, "__name__", str(action)))
