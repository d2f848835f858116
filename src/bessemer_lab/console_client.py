"""`bessemer lab console`: this terminal becomes the machine's serial console."""

import contextlib
import os
import select
import socket
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bessemer_lab.errors import LabError

ESCAPE: Final = b"\x1d"
"""Ctrl-] leaves, as in telnet."""
CHUNK: Final = 65536


def attend(path: Path, joined: Callable[[], None]) -> None:
    """Join the console at the unix socket `path` until Ctrl-], end of input, or its end.

    Calls `joined` as soon as nothing more can be missed.
    """
    with socket.socket(socket.AF_UNIX) as link:
        try:
            link.connect(str(path))
        except OSError as error:
            raise LabError(f"no console at {path}: {error.strerror}; is the rack up?") from error
        joined()
        with _raw_terminal(sys.stdin.fileno()):
            _carry(link)


def _carry(link: socket.socket) -> None:
    poll = select.poll()
    poll.register(link, select.POLLIN)
    poll.register(sys.stdin, select.POLLIN)
    while True:
        ready = {handle for handle, _ in poll.poll()}
        if link.fileno() in ready:
            said = link.recv(CHUNK)
            if not said:
                return
            os.write(sys.stdout.fileno(), said)
        if sys.stdin.fileno() in ready:
            typed = os.read(sys.stdin.fileno(), CHUNK)
            before, escape, _ = typed.partition(ESCAPE)
            link.sendall(before)
            if escape or not typed:
                return


@contextlib.contextmanager
def _raw_terminal(handle: int) -> Iterator[None]:
    if not os.isatty(handle):
        yield
        return
    before = termios.tcgetattr(handle)
    try:
        tty.setraw(handle)
        yield
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)
