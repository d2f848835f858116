"""One demo at a time in one folder, and sixteen steps that fit onto a small terminal."""

import subprocess
import sys

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bessemer.cli.main import app
from bessemer_lab.demo.screen import steps_table

HOLDS_THE_LOCK = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print(flush=True)
sys.stdin.read()
"""
READS_FOREVER = "import sys; sys.stdin.read()"


@pytest.fixture
def kept(tmp_path):
    """A process as an earlier `demo --keep` leaves it behind: known by its pid and its settings."""
    folder = tmp_path / "demo"
    folder.mkdir()
    settings = folder / "bessemer.toml"
    argv = [sys.executable, "-c", READS_FOREVER, "--config", str(settings)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as process:
        (folder / "server.pid").write_text(str(process.pid))
        (folder / "clouds.yaml").write_text("{}")
        yield process
        process.kill()


def run(tmp_path, *options):
    for name in ("ramdisk/kernel", "ramdisk/initramfs", "image/debian.qcow2"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return CliRunner().invoke(app, ["demo", "--built", str(tmp_path), *options])


def test_a_kept_cloud_is_not_destroyed_silently(tmp_path, kept):
    result = run(tmp_path)
    assert result.exit_code == 1
    assert f"still running (process {kept.pid})" in result.output
    assert "bessemer demo --end" in result.output
    assert kept.poll() is None


def test_a_kept_cloud_is_ended_when_asked(tmp_path, kept):
    result = run(tmp_path, "--end")
    assert result.exit_code == 0, result.output
    assert kept.wait(timeout=10) != 0
    assert not (tmp_path / "demo" / "clouds.yaml").exists()


def test_a_second_demo_waits_for_the_first(tmp_path):
    folder = tmp_path / "demo"
    folder.mkdir()
    argv = [sys.executable, "-c", HOLDS_THE_LOCK, str(folder / "lock")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == b"\n"
        result = run(tmp_path)
        first.kill()
    assert result.exit_code == 1
    assert "another demo is running" in result.output


def test_sixteen_steps_fit_onto_a_small_terminal():
    steps = [
        {
            "number": number,
            "state": "running" if number == 13 else "done",
            "title": "Node is put on the provisioning network, as its switch confirms",
            "started_at": "2026-01-01T00:00:00+00:00",
            "finished_at": "2026-01-01T00:00:01+00:00",
            "progress": 57 if number == 13 else None,
            "detail": "on network provisioning: 52:54:00:10:01:01 (swp1); 1 other NIC left alone",
        }
        for number in range(1, 17)
    ]
    console = Console(width=80, record=True, force_terminal=False)
    with console.capture() as captured:
        console.print(steps_table(steps))
    lines = captured.get().rstrip("\n").split("\n")
    assert len(lines) == 16
    assert "57 % ━━━━━━━━━━━╌╌╌╌╌╌╌╌╌" in lines[12]
