"""Ends a dnsmasq that an earlier run of this server left behind, and never a stranger."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger()

PATIENCE_S: Final = 5.0


async def end_leftover(pid_file: Path, configuration: Path) -> None:
    """End the process that the pid file names, if it is a dnsmasq with our configuration file.

    A pidfd pins the process, so that a pid which is given away meanwhile is never signalled.
    """
    pid = _pid_in(pid_file)
    if pid is None:
        return
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return
    try:
        if not _is_ours(pid, configuration):
            return
        log.info("dhcp.leftover_ended", pid=pid, configuration=str(configuration))
        await _end(pidfd)
    finally:
        os.close(pidfd)


async def _end(pidfd: int) -> None:
    signal.pidfd_send_signal(pidfd, signal.SIGTERM)
    if not await _has_ended(pidfd):
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        await _has_ended(pidfd)


async def _has_ended(pidfd: int) -> bool:
    """A pidfd becomes readable when its process ends (pidfd_open(2))."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(pidfd, ended.set)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await ended.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(pidfd)
    return True


def _pid_in(file: Path) -> int | None:
    try:
        return int(file.read_text().strip())
    except (OSError, ValueError):
        return None


def _is_ours(pid: int, configuration: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    is_dnsmasq = Path(os.fsdecode(words[0])).name == "dnsmasq"
    return is_dnsmasq and f"--conf-file={configuration}".encode() in words
