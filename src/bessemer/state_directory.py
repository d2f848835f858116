"""The state directory, made and proved writable before anything relies on it."""

import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from bessemer.errors import ConfigurationError
from bessemer.roles import Role

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
def held_state_directory(directory: Path, roles: Iterable[Role] = Role) -> Iterator[None]:
    """Nobody else serves in these roles from this directory for as long as the block runs.

    The kernel lets go when the process dies, however it dies. Raises ConfigurationError when
    somebody else holds it.
    """
    with ExitStack() as held:
        for role in roles:
            held.callback(os.close, _locked(directory, role))
        yield


def _locked(directory: Path, role: Role) -> int:
    file = os.open(directory / f"{role}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(file, 20).decode(errors="replace").strip() or "unknown"
        os.close(file)
        raise ConfigurationError(
            f"server.state_directory: {directory} is in use by another bessemer (process "
            f"{holder}, role {role}). Stop that one, or give this one a folder of its own: "
            "--state-dir FOLDER."
        ) from error
    os.ftruncate(file, 0)
    os.write(file, f"{os.getpid()}\n".encode())
    return file
