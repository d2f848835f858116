"""The key that signs temporary URLs: made at first start, readable by its owner only."""

import os
import secrets
from pathlib import Path
from typing import Final

from bessemer.errors import ConfigurationError

FILE_NAME: Final = "temporary-url.key"
KEY_BYTES: Final = 32


def load_or_make_key(state_directory: Path) -> bytes:
    """Raises ConfigurationError for a file that is not a key, or that others can read."""
    state_directory.mkdir(parents=True, exist_ok=True)
    path = state_directory / FILE_NAME
    if not path.exists():
        _make(path)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ConfigurationError(
            f"{path} does not hold {KEY_BYTES} bytes. Remove it: the next start makes a new key, "
            "and temporary URLs given out before stop working."
        )
    if path.stat().st_mode & 0o077:
        raise ConfigurationError(
            f"{path} can be read by others, who could sign URLs with it. Remove it, and start again."
        )
    return key


def _make(path: Path) -> None:
    """All of it or nothing, even when the power fails in between."""
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
