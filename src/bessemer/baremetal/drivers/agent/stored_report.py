"""A ramdisk's report cut down to what may be kept: bounded, and valid JSON everywhere; pure."""

import math
from collections.abc import Mapping
from typing import Any, Final

LONGEST_TEXT: Final = 16_384
DEEPEST: Final = 25
MOST_VALUES: Final = 100_000
CUT: Final = "(cut)"

_DROPPED: Final = frozenset({"logs", "error", "inventory"})


def plugin_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the collectors added beside the inventory, without the ramdisk's logs."""
    rest = {key: value for key, value in data.items() if key not in _DROPPED}
    return storable(rest)


def storable(value: Mapping[str, Any]) -> dict[str, Any]:
    """Without NaN, NUL characters, numbers beyond 64 bits, endless texts and depths."""
    cut: dict[str, Any] = _Cutter().cut(value, DEEPEST)
    return cut


class _Cutter:
    def __init__(self) -> None:
        self._left = MOST_VALUES

    def cut(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            return CUT
        match value:
            case Mapping() | list() if depth == 0:
                return CUT
            case Mapping():
                items = list(value.items())[: max(0, self._left)]
                return {_text(str(key)): self.cut(item, depth - 1) for key, item in items}
            case list():
                return [self.cut(item, depth - 1) for item in value[: max(0, self._left)]]
            case str():
                return _text(value)
            case float():
                return value if math.isfinite(value) else None
            case bool() | None:
                return value
            case int():
                return value if -(2**63) <= value < 2**63 else None
            case _:
                return CUT


def _text(text: str) -> str:
    clean = text[:LONGEST_TEXT].replace("\0", "").encode("utf-8", "replace").decode()
    return clean if len(text) <= LONGEST_TEXT else clean + CUT
