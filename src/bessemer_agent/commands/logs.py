"""`log` extension: what happened in the ramdisk, as a base64 tar.gz."""

import base64
import io
import subprocess
import tarfile

from bessemer_agent.log import RecentLines

DEADLINE_S = 20.0
PROGRAMS = {
    "dmesg": ("dmesg",),
    "addresses": ("ip", "address"),
    "routes": ("ip", "route"),
    "block-devices": ("cat", "/proc/partitions"),
    "processes": ("ps",),
    "mounts": ("cat", "/proc/mounts"),
}


def collect_system_logs(recent: RecentLines) -> dict[str, str]:
    """log.collect_system_logs: {"system_logs": base64 of a gzipped tar archive}."""
    contents = {"agent": "\n".join(recent.lines).encode()}
    contents.update({name: _output(argv) for name, argv in PROGRAMS.items()})
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in contents.items():
            entry = tarfile.TarInfo(f"{name}.txt")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return {"system_logs": base64.b64encode(archive.getvalue()).decode()}


def _output(argv: tuple[str, ...]) -> bytes:
    try:
        done = subprocess.run(argv, capture_output=True, timeout=DEADLINE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{argv[0]}: {error}\n".encode()
    return done.stdout + done.stderr
