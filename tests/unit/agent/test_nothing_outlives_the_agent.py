"""The ramdisk's init runs the agent so that what it started ends with it, however it ended."""

import os
import subprocess
import time
from pathlib import Path

import pytest

RUN_ALONE = Path(__file__).parents[3] / "ramdisk/overlay/usr/share/bessemer/run-alone"
PATIENCE_S = 10.0


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize(("end", "status"), [("exit 3", 3), ("kill -KILL $$", 137), ("true", 0)])
def test_what_it_left_running_is_killed_and_its_status_told(
    tmp_path: Path, end: str, status: int
) -> None:
    left = tmp_path / "left"
    agent = f"sh -c 'trap : TERM; exec sleep 1000' & echo $! >{left}; {end}"
    done = subprocess.run(
        ["sh", RUN_ALONE, "sh", "-c", agent], timeout=PATIENCE_S, check=False, env=os.environ
    )
    assert done.returncode == status
    deadline = time.monotonic() + PATIENCE_S
    while is_alive(int(left.read_text())) and time.monotonic() < deadline:
        os.sched_yield()
    assert not is_alive(int(left.read_text()))
