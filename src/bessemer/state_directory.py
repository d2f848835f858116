"""The state directory, made and proved writable before anything relies on it."""

import os
import tempfile
from pathlib import Path
from typing import Final

from bessemer.errors import ConfigurationError

LEAST_BYTES: Final = 4 * 1024 * 1024
"""Room that a first start needs for its database, keys and boot programs."""


def prepare_state_directory(directory: Path) -> None:
    """Make it, if need be. Others may pass through (dnsmasq's account must) but not look around.

    Raises ConfigurationError when it cannot be made, written, or is full.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o711)
        with tempfile.TemporaryFile(dir=directory) as probe:
            os.posix_fallocate(probe.fileno(), 0, LEAST_BYTES)
    except OSError as error:
        raise ConfigurationError(
            f"server.state_directory: cannot write in {directory}: {error.strerror}. It needs a "
            f"folder of its own with room; by flag: --state-dir FOLDER."
        ) from error
