"""Marked processes: found wherever they are, ended however stubborn they are."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bessemer_lab import processes

VARIABLE = "BESSEMER_LAB_TEST_MARK"
WAITING = [sys.executable, "-c", "import signal; print('ready', flush=True); signal.pause()"]
STUBBORN = """
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
signal.pause()
"""


def start(value: str, *argv: str) -> subprocess.Popen[str]:
    env = {**os.environ, VARIABLE: value}
    return subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[str]]:
    with start("sleeper", *WAITING) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_a_marked_process_is_found_by_the_whole_value(sleeper: subprocess.Popen[str]) -> None:
    assert processes.marked(VARIABLE, "sleeper") == [sleeper.pid]
    assert processes.marked(VARIABLE, "sleep") == []
    assert processes.values(VARIABLE) == {"sleeper"}
    assert processes.command_of(sleeper.pid) == WAITING


def test_we_ourselves_are_spared() -> None:
    variable, value = next(iter(os.environ.items()))
    assert os.getpid() not in processes.marked(variable, value)
    assert os.getppid() not in processes.marked(variable, value)


def test_a_process_is_ended_politely(sleeper: subprocess.Popen[str]) -> None:
    processes.end([sleeper.pid])
    assert sleeper.wait(1) == -signal.SIGTERM


def test_a_stubborn_process_is_killed() -> None:
    with start("stubborn", sys.executable, "-c", STUBBORN) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        processes.end([process.pid], grace_s=0.05)
        assert process.wait(1) == -signal.SIGKILL


def test_a_process_that_is_gone_is_no_trouble() -> None:
    with start("short", "true") as process:
        process.wait(5)
    processes.end([process.pid])
    assert processes.command_of(process.pid) == []
