"""The bus of a single process: every message becomes a task on the running loop."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import structlog

from bessemer.bus.bus import AT_ONCE, Answerer, Handler, NoAnswer, NobodyListens
from bessemer.bus.envelope import answered, opened
from bessemer.json_types import Json, JsonObject

log = structlog.get_logger()


@dataclass(slots=True)
class _Service:
    answerer: Answerer
    turns: asyncio.Semaphore
    in_hand: set[asyncio.Task[bytes]] = field(default_factory=set)


class MemoryBus:
    """Delivers in process. Handlers run as tasks of their own; their errors are logged, never raised.

    Requests and answers are JSON here, too: what cannot travel shows at once.
    """

    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = defaultdict(list)
        self._services: dict[str, _Service] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Nothing to connect to."""

    async def check(self) -> None:
        """It is always there."""

    async def publish(self, topic: str, message: JsonObject) -> None:
        for handler in tuple(self._handlers[topic]):
            self._start(_deliver(topic, handler, message))

    def subscribe(self, topic: str, handler: Handler) -> Callable[[], None]:
        self._handlers[topic].append(handler)
        return lambda: self._handlers[topic].remove(handler)

    async def request(self, address: str, message: JsonObject, limit: timedelta) -> Json:
        service = self._services.get(address)
        if service is None:
            raise NobodyListens(f"Nobody serves {address}.")
        try:
            async with asyncio.timeout(limit.total_seconds()):
                async with service.turns:
                    task = self._start(answered(service.answerer, msgspec.json.encode(message)))
                    service.in_hand.add(task)
                    task.add_done_callback(service.in_hand.discard)
                    return opened(await task)
        except TimeoutError:
            raise NoAnswer(
                f"{address} gave no answer within {limit.total_seconds():g} s."
            ) from None

    async def serve(
        self, address: str, answerer: Answerer, at_once: int = AT_ONCE
    ) -> Callable[[], Awaitable[None]]:
        service = _Service(answerer, asyncio.Semaphore(at_once))
        self._services[address] = service

        async def end() -> None:
            del self._services[address]
            await asyncio.gather(*service.in_hand, return_exceptions=True)

        return end

    async def close(self) -> None:
        """Wait until everything under way has been delivered."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _deliver(topic: str, handler: Handler, message: JsonObject) -> None:
    try:
        await handler(message)
    except Exception:
        log.exception("bus.handler_failed", topic=topic)
