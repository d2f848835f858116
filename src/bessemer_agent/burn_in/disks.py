"""Load on disks: fio writes all of each, reads it back and compares; then the disk's own test."""

import json
import logging
import subprocess
import threading
from pathlib import Path

from bessemer_agent.burn_in.long_program import by_fio, by_time, run_long
from bessemer_agent.burn_in.options import Options
from bessemer_agent.command_failed import CommandFailed
from bessemer_agent.commands.command import Report
from bessemer_agent.machine import run_program

LOG = logging.getLogger(__name__)

# The first block that reads back wrong ends a disk's test. (With fio's continue_on_error it would
# end with status 0, and a disk that lies would pass.)
LOAD = ("--thread", "--rw", "readwrite", "--bs", "4k", "--direct", "1", "--ioengine", "libaio",
        "--iodepth", "32", "--verify", "crc32c", "--verify_state_save=0", "--eta=always",
        "--eta-newline=5")  # fmt: skip
LOOPS = 4
LOOK_AT_SMART_EVERY_S = 30.0
SMART_ANSWERS_WITHIN_S = 60.0
SMARTCTL_UNUSABLE = 0b11  # these bits of its status; the others tell of the disk


def burn_in_disks(options: Options, paths: list[Path], report: Report) -> str:
    """All disks at once; whatever was on them is lost. Raises CommandFailed.

    They are written `fio_disk_loops` times, or for `fio_disk_runtime` seconds.
    """
    if not paths:
        raise CommandFailed("there is no disk to test: all are read-only or to be skipped")
    runtime_s = options.number("fio_disk_runtime", 0)
    loops = options.number("fio_disk_loops", LOOPS, at_least=1)
    smart = options.truth("fio_disk_smart_test")
    argv = ["fio", *LOAD, "--loops", str(loops), *_output(options.path("fio_disk_outputfile"))]
    phase, watch = "burn-in (disk)", by_fio(report, "burn-in (disk)")
    if runtime_s:
        argv += ["--runtime", str(runtime_s), "--time_based"]
        watch = by_time(report, phase, runtime_s)
    for path in paths:
        argv += ["--name", path.name, "--filename", str(path)]
    run_long(argv, watch)
    if smart:
        _test_themselves(paths, report)
    return f"no errors on {', '.join(path.name for path in paths)}"


def _output(path: str | None) -> list[str]:
    return [] if path is None else ["--output-format", "json", "--output", path]


def _test_themselves(paths: list[Path], report: Report) -> None:
    """The long self-test of every disk that has one. Raises CommandFailed naming those that fail.

    ATA/ATAPI Command Set, SMART EXECUTE OFF-LINE IMMEDIATE.
    """
    for path in paths:
        run_program("smartctl", "-t", "long", str(path))
    running, bad = set(paths), []
    pause = threading.Event()  # never set
    while running:
        for path in sorted(running):
            verdict = _verdict(path)
            if "in progress" in verdict:
                continue
            running.discard(path)
            LOG.info("%s: SMART self-test: %s", path, verdict or "this disk does not tell")
            if verdict and "completed without error" not in verdict:
                bad.append(f"{path.name}: {verdict}")
        report("SMART self-tests", len(paths) - len(running), len(paths))
        pause.wait(LOOK_AT_SMART_EVERY_S if running else 0)
    if bad:
        raise CommandFailed(f"SMART self-test failed on {'; '.join(bad)}")


def _verdict(path: Path) -> str:
    """In smartctl's words; empty when the disk tells none."""
    argv = ["smartctl", "--json", "--capabilities", str(path)]
    done = subprocess.run(argv, capture_output=True, timeout=SMART_ANSWERS_WITHIN_S, check=False)
    if done.returncode & SMARTCTL_UNUSABLE:
        raise CommandFailed(f"{' '.join(argv)} ended with status {done.returncode}")
    try:
        return str(json.loads(done.stdout)["ata_smart_data"]["self_test"]["status"]["string"])
    except (ValueError, KeyError, TypeError):
        return ""
