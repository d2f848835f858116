"""The bus of a single process: every message becomes a task on the running loop."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

import structlog

from bessemer.bus.bus import Handler
from bessemer.json_types import JsonObject

log = structlog.get_logger()


class MemoryBus:
    """Delivers in process. Handlers run as tasks of their own; their errors are logged, never raised."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = defaultdict(list)
        self._tasks: set[asyncio.Task[None]] = set()

    async def publish(self, topic: str, message: JsonObject) -> None:
        for handler in tuple(self._handlers[topic]):
            task = asyncio.create_task(self._deliver(topic, handler, message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def subscribe(self, topic: str, handler: Handler) -> Callable[[], None]:
        self._handlers[topic].append(handler)
        return lambda: self._handlers[topic].remove(handler)

    async def close(self) -> None:
        """Wait until everything under way has been delivered."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, topic: str, handler: Handler, message: JsonObject) -> None:
        try:
            await handler(message)
        except Exception:
            log.exception("bus.handler_failed", topic=topic)
