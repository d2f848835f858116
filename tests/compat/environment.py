"""Python environments of clients that cannot share ours: pinned, installed by uv, kept under var/."""

import fcntl
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "var/clients"
UV = ROOT / "scripts/uv"
ANSIBLE = "ansible==12.3.0"
"""The distribution that bundles the collections; all but one of them, 500 MB, are left in it."""
PATIENCE_S = 600


def environment(name: str) -> Path:
    """The folder of programs with what `environments/<name>.txt` pins, installed if it is not yet.

    To renew the pins: `echo NAME | scripts/uv pip compile --universal --python-version 3.11 -`.
    """
    pins = Path(__file__).parent / "environments" / f"{name}.txt"
    fingerprint = hashlib.sha256(pins.read_bytes() + ANSIBLE.encode()).hexdigest()[:12]
    home = KEPT / f"{name}-{sys.version_info.major}.{sys.version_info.minor}-{fingerprint}"
    finished = home / "finished"
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            _run(UV, "venv", "--quiet", "--clear", "--python", sys.executable, home)
            python = home / "bin/python"
            _run(UV, "pip", "install", "--quiet", "--python", python, "--requirements", pins)
            if name == "ansible":
                _add_collection(python)
            finished.touch()
    return home / "bin"


def _add_collection(python: Path) -> None:
    (packages,) = python.parents[1].glob("lib/python3.*/site-packages")
    with TemporaryDirectory(dir=KEPT) as folder:
        download = ("-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir")
        _run(python, *download, "--dest", folder, ANSIBLE)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
            wanted = [each for each in names if each.startswith("ansible_collections/openstack/")]
            archive.extractall(packages, wanted)


def _run(*arguments: Path | str) -> None:
    done = subprocess.run(
        list(map(str, arguments)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout
