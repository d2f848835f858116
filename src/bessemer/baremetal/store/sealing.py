"""Secrets at rest: each `Secret` becomes an encrypted string on its way into a JSON column."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import ConnectionPoolEntry

from bessemer.baremetal.domain.secret import Secret
from bessemer.db.engine import Database
from bessemer.errors import ConfigurationError
from bessemer.key_file import make_key_file

KEY_FILE: Final = "secret.key"
"""Name of the key file in the state directory."""

_MARK: Final = "sealed:v1:"
_PLAIN: Final = "plain:v1:"
"""In front of a user's own text that begins with one of these marks."""
_BOX: Final = "bessemer.secret_box"


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

    def seal_whole(self, value: Any) -> Any:
        """All of a JSON value as one sealed text, whatever its keys are; what is empty stays empty."""
        return self._sealed(Secret(json.dumps(value))) if value else value

    def open_whole(self, value: Any) -> Any:
        """What `seal_whole` was given."""
        return json.loads(self._opened(value).reveal()) if isinstance(value, str) else value

    def attach(self, database: Database) -> None:
        """Let `box_of` find this box on every connection to the database whose secrets it seals."""

        def hand_over(_driver: Any, record: ConnectionPoolEntry, _connection: Any) -> None:
            record.info[_BOX] = self

        event.listen(database.engine.sync_engine, "checkout", hand_over)

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


def box_of(connection: AsyncConnection) -> SecretBox:
    """The box that was attached to the connection's database."""
    present = connection.sync_connection
    found = present.info.get(_BOX) if present is not None else None
    if not isinstance(found, SecretBox):
        raise ConfigurationError("No key is at hand to seal and open this database's secrets with.")
    return found


def with_sealed_args(box: SecretBox, steps: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """JSON of steps, each with its `args` sealed."""
    return [{**step, "args": box.seal_whole(step["args"])} for step in steps]


def with_open_args(box: SecretBox, steps: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What `with_sealed_args` was given."""
    return [{**step, "args": box.open_whole(step["args"])} for step in steps]
