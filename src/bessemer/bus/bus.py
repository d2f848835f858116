"""What a bus promises: nudges that may be lost, and requests that are answered or fail in time."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, Protocol

from bessemer.errors import Unavailable
from bessemer.json_types import Json, JsonObject

AT_ONCE: Final = 64
"""Requests that one address carries out at the same time; more wait their turn."""

Handler = Callable[[JsonObject], Awaitable[None]]
Answerer = Callable[[JsonObject], Awaitable[Json]]
"""Its errors of the house reach whoever asked; any other is a `FaultElsewhere` there."""


class NobodyListens(Unavailable):
    """Nobody serves the address: the request was not carried out."""


class NoAnswer(Unavailable):
    """The time is up, or the connection broke: the request may have been carried out or not."""


class FaultElsewhere(Exception):
    """A defect on the other side, which is in the log there."""


class Bus(Protocol):
    """The truth is in the database: no message holds what would be missed if it were lost."""

    async def start(self) -> None:
        """Connect. Raises ConfigurationError when that cannot succeed; later it reconnects by itself."""

    async def check(self) -> None:
        """Raises Unavailable while messages get nowhere."""

    async def publish(self, topic: str, message: JsonObject) -> None:
        """Nudge every present subscriber of `topic`; returns before they have acted.

        Best effort: a nudge may be lost or come twice. Never raises.
        """

    def subscribe(self, topic: str, handler: Handler) -> Callable[[], None]:
        """Call `handler` for each nudge from now on; returns the function that ends it."""

    async def request(self, address: str, message: JsonObject, limit: timedelta) -> Json:
        """What the one who serves `address` answers.

        Raises what the answerer raised, NobodyListens at once, NoAnswer after `limit`. A request
        whose time is up is not begun any more.
        """

    async def serve(
        self, address: str, answerer: Answerer, at_once: int = AT_ONCE
    ) -> Callable[[], Awaitable[None]]:
        """Answer the requests to `address`, which is nobody else's, from the return on.

        Returns the function that ends it: it takes no more, and waits for those in hand.
        """

    async def close(self) -> None:
        """End what is under way, and disconnect."""
