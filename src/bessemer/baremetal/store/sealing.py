"""Secrets at rest: each `Secret` becomes an encrypted string on its way into a JSON column."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken

from bessemer.baremetal.domain.secret import Secret
from bessemer.errors import ConfigurationError
from bessemer.key_file import make_key_file

KEY_FILE: Final = "secret.key"
"""Name of the key file in the state directory."""

_MARK: Final = "sealed:v1:"
_PLAIN: Final = "plain:v1:"
"""In front of a user's own text that begins with one of these marks."""


class SecretBox:
    """Seals and opens secrets with the key file made at first start (mode 0600).

    Raises ConfigurationError when the key file does not open what the database holds.
    """

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    @classmethod
    def from_file(cls, path: Path) -> "SecretBox":
        """Open the key file, or make it. Raises ConfigurationError for one that is no key, or open."""
        if not path.exists():
            make_key_file(path, Fernet.generate_key())
        try:
            box = cls(path.read_bytes())
        except ValueError as error:
            raise ConfigurationError(
                f"{path} holds no key. Put the key file that belongs to this database back, or, if "
                "no BMC password is in the database yet, remove it: the next start makes a new one."
            ) from error
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(
                f"{path} can be read by others, who could open every BMC password with it. If only "
                f"the mode is wrong: chmod 600 {path}."
            )
        return box

    def seal(self, info: Mapping[str, Any]) -> dict[str, Any]:
        """JSON for the database."""
        return {key: self._sealed(value) for key, value in info.items()}

    def open(self, info: Mapping[str, Any]) -> dict[str, Any]:
        """What `seal` was given."""
        return {key: self._opened(value) for key, value in info.items()}

    def _sealed(self, value: Any) -> Any:
        if isinstance(value, Secret):
            return _MARK + self._fernet.encrypt(value.reveal().encode()).decode()
        if isinstance(value, str) and value.startswith((_MARK, _PLAIN)):
            return _PLAIN + value
        if isinstance(value, list):
            return [self._sealed(item) for item in value]
        return self.seal(value) if isinstance(value, Mapping) else value

    def _opened(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith(_MARK):
            try:
                return Secret(self._fernet.decrypt(value.removeprefix(_MARK)).decode())
            except InvalidToken as error:
                raise ConfigurationError(
                    "The secrets in the database were sealed with another key. Put the key file "
                    "that belongs to this database back into the state directory."
                ) from error
        if isinstance(value, str) and value.startswith(_PLAIN):
            return value.removeprefix(_PLAIN)
        if isinstance(value, list):
            return [self._opened(item) for item in value]
        return self.open(value) if isinstance(value, Mapping) else value
