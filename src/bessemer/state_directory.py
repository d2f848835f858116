"""The state directory, made and proved writable before anything relies on it."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bessemer.errors import ConfigurationError

LOCK_FILE: Final = "server.lock"
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


@contextmanager
def held_state_directory(directory: Path) -> Iterator[None]:
    """Nobody else serves from this directory for as long as the block runs.

    The kernel lets go when the process dies, however it dies. Raises ConfigurationError when
    somebody else holds it.
    """
    file = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(file, 20).decode(errors="replace").strip() or "unknown"
            raise ConfigurationError(
                f"server.state_directory: {directory} is in use by another bessemer (process "
                f"{holder}). Stop that one, or give this one a folder of its own: --state-dir FOLDER."
            ) from error
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(file)
