"""Moves this process into a network namespace (setns(2)); sockets opened before stay where they are."""

import ctypes
import os
from pathlib import Path
from typing import Final

from bessemer.errors import ConfigurationError

NAMESPACES: Final = Path("/run/netns")
_CLONE_NEWNET: Final = 0x40000000


def enter(name: str) -> None:
    """Join the namespace that `ip netns add` made; call before any thread is started.

    Raises ConfigurationError when it does not exist or may not be entered.
    """
    path = NAMESPACES / name
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"server.network_namespace: there is no network namespace {name!r}; "
            f"`ip netns list` shows them, `bessemer lab up` makes a lab's."
        ) from error
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            words = os.strerror(ctypes.get_errno())
            raise ConfigurationError(
                f"server.network_namespace: cannot enter {name!r}: {words} (this needs root)."
            )
    finally:
        os.close(descriptor)
