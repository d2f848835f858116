"""Secrets are a type of their own: whoever prints, logs or encodes one gets asterisks."""

from collections.abc import Mapping
from typing import Any, Final

MASK: Final = "******"

_SECRET_WORDS: Final = ("password", "secret", "token", "auth_key", "priv_key", "hex_kg_key")


class Secret:
    """A value that never leaves by accident. `reveal()` is the one way to its text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself: for handing to the BMC or the encrypted store, nowhere else."""
        return self._text

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


def is_secret_key(key: str) -> bool:
    """Whether a key of driver_info, instance_info or driver_internal_info names a secret."""
    lowered = key.lower()
    return any(word in lowered for word in _SECRET_WORDS)


def with_secrets(info: Mapping[str, Any]) -> dict[str, Any]:
    """The same mapping with every secret string, at any depth, wrapped in `Secret`."""
    return {key: _wrapped(key, value) for key, value in info.items()}


def _wrapped(key: str, value: Any) -> Any:
    if isinstance(value, str) and is_secret_key(key):
        return Secret(value)
    if isinstance(value, Mapping):
        return with_secrets(value)
    return value
