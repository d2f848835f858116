"""What processes have used: CPU seconds and memory, from proc(5), children included."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")


def cpu_s(pids: Sequence[int]) -> float:
    """CPU seconds of these processes and of all below them."""
    return sum(_ticks(pid) for pid in family(pids)) / _TICKS


def memory_mb(pids: Sequence[int]) -> dict[str, float]:
    """Resident (`rss_mb`) and proportional (`pss_mb`) memory of these and of all below them."""
    all_of_them = family(pids)
    return {
        "rss_mb": round(sum(_field(pid, "status", "VmRSS:") for pid in all_of_them), 1),
        "pss_mb": round(sum(_field(pid, "smaps_rollup", "Pss:") for pid in all_of_them), 1),
    }


def family(pids: Sequence[int]) -> list[int]:
    """The processes and their descendants that are there now."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found, ahead = [], list(pids)
    while ahead:
        pid = ahead.pop()
        found.append(pid)
        ahead += children.get(pid, [])
    return found


def _ticks(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[11]) + int(fields[12]) if fields else 0


def _stat(pid: int) -> list[str]:
    """From the third field on: the second may hold spaces."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _field(pid: int, file: str, name: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), 0.0)
