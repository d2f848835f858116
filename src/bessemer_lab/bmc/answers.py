"""How a BMC's command handlers answer: a completion code (IPMI 2.0, table 5-2) and data."""

from collections.abc import Callable
from typing import Any, Final

OK: Final = 0x00
NOT_SUPPORTED: Final = 0x80
UNKNOWN_COMMAND: Final = 0xC1
WRONG_LENGTH: Final = 0xC7
NOT_PRESENT: Final = 0xCB
INVALID_FIELD: Final = 0xCC
UNSPECIFIED: Final = 0xFF

Answer = tuple[int, bytes]
Handler = Callable[[bytes, Any], Answer]
"""From a request's data and its session to the answer; IndexError: the data are too short."""

Commands = dict[tuple[int, int], Handler]
"""Network function and command number, to who handles it."""
