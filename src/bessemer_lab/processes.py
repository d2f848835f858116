"""Finds the processes of a rack by the mark in their environment, and ends them."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
GRACE_S: Final = 3.0
"""How long a process has to end by itself after SIGTERM."""


def marked(variable: str, value: str) -> list[int]:
    """Pids of all processes with `variable=value` in their environment, except us and our parents."""
    wanted = f"{variable}={value}".encode()
    return [pid for pid in _others() if wanted in _environment(pid)]


def inside(namespace: Path) -> list[int]:
    """Pids of all processes in the network namespace at `namespace`, except us and our parents."""
    try:
        wanted = namespace.stat()
    except FileNotFoundError:
        return []
    return [pid for pid in _others() if _is_in(pid, wanted)]


def values(variable: str) -> set[str]:
    """The values that `variable` has in the environments of all processes."""
    prefix = f"{variable}=".encode()
    return {
        entry.removeprefix(prefix).decode(errors="replace")
        for pid in _others()
        for entry in _environment(pid)
        if entry.startswith(prefix)
    }


def command_of(pid: int) -> list[str]:
    """The process's argument vector; empty when it is gone."""
    with contextlib.suppress(OSError):
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")[:-1]
        return [word.decode(errors="replace") for word in words]
    return []


def end(pids: Iterable[int], grace_s: float = GRACE_S) -> None:
    """End the processes: SIGTERM first, SIGKILL for those left after `grace_s` seconds.

    Returns when they are gone; a process that the kernel cannot end is waited for `grace_s` more.
    """
    with contextlib.ExitStack() as stack:
        handles = [handle for pid in pids if (handle := _handle(pid)) is not None]
        for handle in handles:
            stack.callback(os.close, handle)
        left = _signal_and_wait(handles, signal.SIGTERM, grace_s)
        _signal_and_wait(left, signal.SIGKILL, grace_s)


def _signal_and_wait(handles: list[int], number: signal.Signals, limit_s: float) -> list[int]:
    for handle in handles:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, number)
    left = set(handles)
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    deadline = time.monotonic() + limit_s
    while left and (rest := deadline - time.monotonic()) > 0:
        for handle, _ in poll.poll(rest * 1000):
            poll.unregister(handle)
            left.discard(handle)
    return list(left)


def _handle(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def _others() -> Iterator[int]:
    spared = set(_line_of_descent())
    for entry in PROC.iterdir():
        if entry.name.isdecimal() and int(entry.name) not in spared:
            yield int(entry.name)


def _line_of_descent() -> Iterator[int]:
    pid = os.getpid()
    while pid > 0:
        yield pid
        pid = _parent(pid)


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError):
        # The command's name, in brackets, may itself contain blanks and brackets: proc(5).
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _environment(pid: int) -> list[bytes]:
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    return []


def _is_in(pid: int, wanted: os.stat_result) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samestat((PROC / str(pid) / "ns" / "net").stat(), wanted)
    return False
