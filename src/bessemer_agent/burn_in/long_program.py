"""A program that runs for hours: how far it is, its end, and what it said last if that was bad."""

import contextlib
import logging
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from bessemer_agent.command_failed import CommandFailed
from bessemer_agent.commands.command import Report
from bessemer_agent.machine import missing_program

LOG = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
LEAVES_WITHIN_S = 5.0
TAIL_BYTES = 4000
QUOTED_CHARACTERS = 1000
FIO_SHARE = re.compile(r"\[(\d+)\.\d%\]")

# Called every second with the seconds so far and what the program said last.
Watch = Callable[[float, str], None]


class ProgramFailed(CommandFailed):
    """The program ended with `status`, which is not 0."""

    def __init__(self, details: str, status: int) -> None:
        super().__init__(details)
        self.status = status


def by_time(report: Report, phase: str, total_s: int) -> Watch:
    """For programs that run for a time that is known: seconds of seconds."""
    return lambda elapsed_s, said: report(phase, min(int(elapsed_s), total_s), total_s)


def by_fio(report: Report, phase: str) -> Watch:
    """For fio with --eta=always: the share that it tells, in percent."""

    def watch(elapsed_s: float, said: str) -> None:
        shares = FIO_SHARE.findall(said)
        report(phase, int(shares[-1]) if shares else 0, 100)

    return watch


def run_long(
    argv: list[str], watch: Watch, *, limit_s: float | None = None, folder: Path | None = None
) -> str:
    """Run to the end; the last of its standard output.

    `folder` is where it runs. Raises ProgramFailed, and CommandFailed when the program is missing
    or has not ended within `limit_s`. What it starts must end with it (fio: --thread).
    """
    LOG.info("Running %s", " ".join(argv))
    # Into files: hours of a failing disk's complaints must not fill a pipe.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = _started(argv, output, errors, folder)
        began = time.monotonic()
        try:
            while not _ended(process):
                elapsed_s = time.monotonic() - began
                watch(elapsed_s, _last_words(output))
                if limit_s is not None and elapsed_s > limit_s:
                    raise CommandFailed(f"{argv[0]} has not ended after {elapsed_s:.0f} s")
        finally:
            _end(process)
        said, complaints = _last_words(output), _last_words(errors).strip()
    if process.returncode:
        words = (complaints or said.strip())[-QUOTED_CHARACTERS:]
        raise ProgramFailed(
            f"{argv[0]} ended with status {process.returncode}: {words}", process.returncode
        )
    return said


def _started(
    argv: list[str], output: IO[bytes], errors: IO[bytes], folder: Path | None
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, cwd=folder
        )
    except FileNotFoundError as error:
        raise missing_program(str((folder or Path()) / argv[0])) from error


def _ended(process: subprocess.Popen[bytes]) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(LOOK_EVERY_S)
        return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asked first: stress-ng then ends its workers."""
    process.terminate()
    try:
        process.wait(LEAVES_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_words(output: IO[bytes]) -> str:
    start = max(0, os.fstat(output.fileno()).st_size - TAIL_BYTES)
    return os.pread(output.fileno(), TAIL_BYTES, start).decode("utf-8", "replace")
