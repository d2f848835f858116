"""Programs in Go for tests, built with GCC's compiler and the libraries that Debian packages."""

import fcntl
import hashlib
import os
import subprocess
from pathlib import Path

from tests.compat.environment import KEPT

LIBRARIES = "/usr/share/gocode"
"""Where Debian and Ubuntu install the sources of Go libraries."""
PATIENCE_S = 300


def program(source: Path) -> Path:
    """The program that this one file makes, built if it is not yet."""
    fingerprint = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    built = KEPT / f"{source.stem}-{fingerprint}"
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{source.stem}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            _build(source, built)
    return built


def _build(source: Path, target: Path) -> None:
    (go,) = Path("/usr/bin").glob("go-[0-9]*")
    done = subprocess.run(
        [str(go), "build", "-compiler", "gccgo", "-o", str(target), str(source)],
        env={
            "PATH": os.environ["PATH"],
            "GO111MODULE": "off",
            "GOPATH": LIBRARIES,
            "GOCACHE": str(KEPT / "go"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout
