"""Does the same for very many things: so many at once, so many begun each second."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

_Thing = TypeVar("_Thing")
_SHORTEST_PAUSE_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Pace:
    """How much load is acceptable."""

    at_once: int
    per_second: float


async def each(
    things: AsyncIterator[_Thing], act: Callable[[_Thing], Awaitable[None]], pace: Pace
) -> None:
    """Return when all are done; a failure of one ends the others and is raised."""
    loop, slots = asyncio.get_running_loop(), asyncio.Semaphore(pace.at_once)
    begin_at = loop.time()

    async def one(thing: _Thing) -> None:
        try:
            await act(thing)
        finally:
            slots.release()

    async with asyncio.TaskGroup() as group:
        async for thing in things:
            await slots.acquire()
            ahead_s = begin_at - loop.time()
            if ahead_s > _SHORTEST_PAUSE_S:
                await asyncio.sleep(ahead_s)
            begin_at = max(begin_at, loop.time() - 1.0) + 1 / pace.per_second
            group.create_task(one(thing))
