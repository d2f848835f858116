"""The background work: one task per server at a time, woken by the bus, by nodes and by a sweep."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from bessemer.baremetal.public import NODE_CHANGED
from bessemer.bus.bus import Bus
from bessemer.bus.gathered import Gathered
from bessemer.compute.operations.advance import Advance
from bessemer.compute.operations.power import PowerControl
from bessemer.compute.operations.rooms import Rooms
from bessemer.compute.store.servers import ids_with_work, list_on_nodes
from bessemer.json_types import JsonObject

log = structlog.get_logger()

TOPIC: Final = "compute.build"
"""Bus topic; messages hold `server_id` only: the truth is in the database."""
GRACE_S: Final = 5.0
"""How long `stop` waits for steps in hand; a step that is cut off is run again later."""
AT_ONCE: Final = 32
"""Servers worked on at the same time; more wait their turn."""


class Worker:
    """Wakes `Advance` for servers that have a goal. Survives lost messages: the sweep finds them."""

    def __init__(self, rooms: Rooms, bus: Bus, power: PowerControl) -> None:
        self._rooms = rooms
        self._bus = bus
        self._power = power
        self._advance = Advance(rooms)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._unsubscribe: list[Callable[[], None]] = []
        self._sweeper: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Listen, and take up whatever was in hand when the last process ended."""
        self._unsubscribe = [
            self._bus.subscribe(TOPIC, self._on_request),
            self._bus.subscribe(NODE_CHANGED, Gathered("node_uuid", self._on_nodes_changed)),
        ]
        self._sweeper = asyncio.create_task(self._sweep_until_stopped())

    async def stop(self) -> None:
        """Finish the steps in hand, for a moment; the next start takes everything up from there."""
        self._stopping.set()
        self._advance.stop()
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        for timer in self._timers.values():
            timer.cancel()
        tasks = [*self._tasks.values()] + ([self._sweeper] if self._sweeper else [])
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def wake(self, server_id: str) -> None:
        """See to this server; if it is being seen to, then once more afterwards."""
        if self._stopping.is_set():
            return
        if timer := self._timers.pop(server_id, None):
            timer.cancel()
        if server_id in self._tasks:
            self._again.add(server_id)
            return
        self._tasks[server_id] = asyncio.create_task(self._see_to(server_id))

    async def _see_to(self, server_id: str) -> None:
        pause: float | None = None
        try:
            async with self._turns:
                while True:
                    self._again.discard(server_id)
                    pause = await self._advance(server_id)
                    if server_id not in self._again:
                        break
        except Exception:
            log.exception("compute.worker_fault", server=server_id)
        finally:
            del self._tasks[server_id]
        if pause is not None and not self._stopping.is_set():
            loop = asyncio.get_running_loop()
            self._timers[server_id] = loop.call_later(pause, self.wake, server_id)

    async def _on_request(self, message: JsonObject) -> None:
        self.wake(message["server_id"])

    async def _on_nodes_changed(self, uuids: frozenset[str]) -> None:
        async with self._rooms.database.read() as connection:
            servers = await list_on_nodes(connection, uuids)
        for server in servers:
            if server.goal is not None:
                self.wake(server.id)
            else:
                await self._power.look(server)

    async def _sweep_until_stopped(self) -> None:
        pause = self._rooms.settings.sweep_interval.total_seconds()
        while not self._stopping.is_set():
            try:
                await self._sweep()
            except Exception:
                log.exception("compute.sweep_fault")
            try:
                await asyncio.wait_for(self._stopping.wait(), pause)
            except TimeoutError:
                continue

    async def _sweep(self) -> None:
        async with self._rooms.database.read() as connection:
            waiting = await ids_with_work(connection)
        for server_id in waiting:
            if server_id not in self._timers:
                self.wake(server_id)
        await self._power.look_at_all()
