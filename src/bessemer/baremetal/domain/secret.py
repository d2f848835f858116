"""Secrets are a type of their own: whoever prints, logs or encodes one gets asterisks."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

MASK: Final = "******"

_SECRET_WORDS: Final = (
    "password",
    "passphrase",
    "admin_pass",
    "adminpass",
    "pswd",
    "secret",
    "token",
    "auth_key",
    "priv_key",
    "private_key",
    "encrypted_key",
    "hex_kg_key",
    "fernetkey",
    "sslkey",
    "passwd",
    "credential",
    "api_key",
    "apikey",
    "access_key",
    "community",
)
_CAPABILITIES: Final = frozenset({"configdrive", "image_url"})
"""Keys whose value opens something for whoever holds it: shown to nobody, though no password."""


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


@lru_cache(maxsize=4096)
def is_secret_key(key: str) -> bool:
    """Whether a key of driver_info, instance_info or driver_internal_info names a secret."""
    lowered = key.lower()
    return any(word in lowered for word in _SECRET_WORDS)


def with_secrets(info: Mapping[str, Any]) -> dict[str, Any]:
    """The same mapping with every secret, at any depth, wrapped in `Secret`.

    A number under such a key is a password of digits that a client took for a number.
    """
    return {key: _wrapped(value, is_secret_key(key)) for key, value in info.items()}


def _wrapped(value: Any, secret: bool) -> Any:
    if isinstance(value, Mapping):
        return {key: _wrapped(item, secret or is_secret_key(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_wrapped(item, secret) for item in value]
    if secret and isinstance(value, str | int | float) and not isinstance(value, bool):
        return Secret(str(value))
    return value


def masked(info: Mapping[str, Any]) -> dict[str, Any]:
    """The same mapping as it may be shown: asterisks for secrets and for what opens something."""
    return {key: _shown(value, _is_hidden(key)) for key, value in info.items()}


def without_secrets(info: Mapping[str, Any]) -> dict[str, Any]:
    """The same mapping, lacking on its top level whatever `masked` would hide or change."""
    shown = masked(info)
    return {key: value for key, value in shown.items() if value == info[key]}


def keep_masked(changed: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The changed mapping with asterisks that stand where a hidden value is stored replaced by it.

    So that a client may send back what it was shown.
    """
    return {key: _kept(value, stored.get(key), _is_hidden(key)) for key, value in changed.items()}


def _is_hidden(key: str) -> bool:
    return key in _CAPABILITIES or is_secret_key(key)


def _shown(value: Any, hidden: bool) -> Any:
    if isinstance(value, Mapping):
        return {key: _shown(item, hidden or _is_hidden(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item, hidden) for item in value]
    if isinstance(value, Secret) or (hidden and not isinstance(value, bool | None)):
        return MASK
    return value


def _kept(value: Any, stored: Any, hidden: bool) -> Any:
    if isinstance(value, Mapping):
        before = stored if isinstance(stored, Mapping) else {}
        return {
            key: _kept(item, before.get(key), hidden or _is_hidden(key))
            for key, item in value.items()
        }
    if isinstance(value, list):
        before_list = stored if isinstance(stored, list) else []
        padded = [*before_list, *[None] * (len(value) - len(before_list))]
        return [_kept(item, former, hidden) for item, former in zip(value, padded, strict=False)]
    return stored if hidden and value == MASK and stored is not None else value
