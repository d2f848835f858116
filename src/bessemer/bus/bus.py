"""What a bus promises: best-effort delivery of small JSON messages by topic."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from bessemer.json_types import JsonObject

Handler = Callable[[JsonObject], Awaitable[None]]


class Bus(Protocol):
    """Best-effort delivery: a message may be lost or come twice; the truth is in the database."""

    async def publish(self, topic: str, message: JsonObject) -> None:
        """Hand the message to every present subscriber of `topic`; returns before they have acted."""

    def subscribe(self, topic: str, handler: Handler) -> Callable[[], None]:
        """Call `handler` for each message from now on; returns the function that ends it."""
