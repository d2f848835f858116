"""The key that signs temporary URLs: made at first start, readable by its owner only."""

import secrets
from pathlib import Path
from typing import Final

from bessemer.errors import ConfigurationError
from bessemer.key_file import make_key_file

FILE_NAME: Final = "temporary-url.key"
KEY_BYTES: Final = 32


def load_or_make_key(path: Path) -> bytes:
    """Raises ConfigurationError for a file that is not a key, or that others can read."""
    if not path.exists():
        make_key_file(path, secrets.token_bytes(KEY_BYTES))
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
