"""Nudges that come thick and fast, dealt with together: one look at the database for many."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from bessemer.json_types import JsonObject

MOMENT: Final = timedelta(milliseconds=100)
"""How long others are waited for: short for whoever wants to be told, long beside a query."""


class Gathered:
    """A handler of nudges that are about something: `deal` is told of all that came in a moment.

    Nudges that come while `deal` is at work are kept for its next turn, at most one for each thing.
    """

    def __init__(
        self,
        key: str,
        deal: Callable[[frozenset[str]], Awaitable[None]],
        moment: timedelta = MOMENT,
    ) -> None:
        self._key = key
        self._deal = deal
        self._moment = moment
        self._come: set[str] = set()
        self._at_work = False

    async def __call__(self, message: JsonObject) -> None:
        """One nudge."""
        self._come.add(message[self._key])
        if self._at_work:
            return
        self._at_work = True
        try:
            while self._come:
                await asyncio.sleep(self._moment.total_seconds())
                dealt_with, self._come = frozenset(self._come), set()
                await self._deal(dealt_with)
        finally:
            self._at_work = False
