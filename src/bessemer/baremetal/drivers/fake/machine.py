"""Where fake machines remember what they were told: outside of any process, as real ones do."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Memory = Mapping[str, Any]
"""What one machine remembers: JSON values, one key per plug-in that looks after them."""


class Machines(Protocol):
    """The memories of all fake machines."""

    async def read(self, node_uuid: str) -> Memory:
        """What this machine remembers; nothing for one that was never told anything."""

    async def change(self, node_uuid: str, alter: Callable[[Memory], Memory]) -> Memory:
        """Let it remember something else, all or nothing; what it remembers now.

        `alter` may raise, and nothing is changed. Raises NotFound when the node is gone.
        """
