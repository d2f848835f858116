"""Booleans as OpenStack's clients send them: JSON's own, or a word."""

from typing import Any, Final

TRUE: Final = frozenset({"1", "t", "true", "on", "y", "yes"})
FALSE: Final = frozenset({"0", "f", "false", "off", "n", "no"})


def truth(value: Any) -> bool | None:
    """None for what is neither."""
    word = str(value).lower()
    return word in TRUE if word in TRUE | FALSE else None
