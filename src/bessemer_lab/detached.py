"""Starts the current process's work in the background, and returns once that is truly ready."""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final, Never

READY: Final = b"ready\n"


def run_detached(body: Callable[[Callable[[], None]], None], log: Path) -> Never:
    """Fork; the child runs `body(ready)` with its output in `log`, in a session of its own.

    The parent exits 0 as soon as the child calls `ready`, or 1 with the child's complaint if it
    ends before. So whoever starts such a program knows when it serves, and gets no zombie.
    """
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        _become_child(body, log, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    if answer != READY:
        sys.stderr.write(answer.decode(errors="replace") or "ended before it was ready\n")
    os._exit(0 if answer == READY else 1)


def _become_child(body: Callable[[Callable[[], None]], None], log: Path, writing: int) -> Never:
    pipe = os.fdopen(writing, "wb", buffering=0)

    def ready() -> None:
        pipe.write(READY)
        pipe.close()

    os.setsid()
    _redirect(log)
    try:
        body(ready)
        status = 0
    except BaseException as error:
        traceback.print_exc()
        if not pipe.closed:
            pipe.write(f"{error}\n".encode())
        status = 1
    sys.stderr.flush()
    os._exit(status)


def _redirect(log: Path) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    silence = os.open(os.devnull, os.O_RDONLY)
    os.dup2(silence, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.close(silence)
