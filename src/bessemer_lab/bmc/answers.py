"""How a BMC's command handlers answer: a completion code (IPMI 2.0, table 5-2) and data."""

from collections.abc import Callable
from typing import Final

from bessemer_lab.bmc.session import Session

OK: Final = 0x00
NOT_SUPPORTED: Final = 0x80
UNKNOWN_COMMAND: Final = 0xC1
WRONG_LENGTH: Final = 0xC7
NOT_PRESENT: Final = 0xCB
INVALID_FIELD: Final = 0xCC
UNSPECIFIED: Final = 0xFF

Answer = tuple[int, bytes]
Handler = Callable[[bytes, Session], Answer]
"""From a request's data to its answer; an IndexError means that the data are too short."""

Commands = dict[tuple[int, int], Handler]
"""Network function and command number, to who handles it."""
