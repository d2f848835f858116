"""Waits for what switches and DHCP servers confirm: woken by events, never by sleeping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")


class Signal:
    """Wakes everybody who waits at this moment."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def fire(self) -> None:
        """Wake all who wait now."""
        fired, self._next = self._next, asyncio.Event()
        fired.set()

    @property
    def next(self) -> asyncio.Event:
        """Take this before looking, wait for it after: nothing that happens in between is missed."""
        return self._next


async def wait_for(
    signal: Signal, look: Callable[[], Awaitable[T | None]], timeout: timedelta, again: timedelta
) -> T | None:
    """Look now and at every signal until there is an answer; None when `timeout` has passed.

    Looks again after `again` without a signal, since another process may have written the answer.
    """
    deadline = time.monotonic() + timeout.total_seconds()
    while True:
        event = signal.next
        answer = await look()
        remaining = deadline - time.monotonic()
        if answer is not None or remaining <= 0:
            return answer
        try:
            async with asyncio.timeout(min(remaining, again.total_seconds())):
                await event.wait()
        except TimeoutError:
            continue
