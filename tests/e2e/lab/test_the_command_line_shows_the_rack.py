"""`bessemer lab` with a rack."""

import json
import subprocess
import sys

from tests.e2e.lab import guests
from tests.e2e.lab.rig import Rig


def lab(rig: Rig, *words: str) -> subprocess.CompletedProcess[str]:
    state = ["--state-dir", str(rig.lab.layout.root)]
    return subprocess.run(
        [sys.executable, "-m", "bessemer_lab", *words, *state],
        capture_output=True,
        text=True,
        input="",
        timeout=30,
        check=False,
    )


def test_status_for_programs(rig: Rig) -> None:
    status = json.loads(lab(rig, "status", "--json").stdout)
    assert status["namespace"] == rig.lab.namespace
    assert status["switch"] == "up"
    assert [machine["name"] for machine in status["machines"]] == ["node-1", "node-2"]
    assert status["machines"][1]["power"] == "off"


def test_status_for_people(rig: Rig) -> None:
    lab(rig, "fault", "node-2", "silent", "never-boots")
    shown = lab(rig, "status").stdout
    assert "node-2" in shown
    assert "never-boots" in shown
    assert "silent" in shown


def test_an_unknown_machine_is_refused_with_those_there_are(rig: Rig) -> None:
    refused = lab(rig, "fault", "node-9", "none")
    assert refused.returncode == 1
    assert "has no machine node-9; it has: node-1, node-2" in refused.stderr


def test_the_console_shows_what_the_machine_says(rig: Rig) -> None:
    guests.install(rig.machine.files.disk(0), guests.say("HELLO"))
    argv = [sys.executable, "-m", "bessemer_lab", "console", "node-2"]
    argv += ["--state-dir", str(rig.lab.layout.root)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe) as attended:
        assert attended.stdin
        assert attended.stdout
        assert attended.stderr
        try:
            assert attended.stderr.readline() == b"console of node-2; Ctrl-] leaves it\n"
            rig.order("power", "on")
            seen = b""
            while b"HELLO" not in seen:
                said = attended.stdout.read1()
                assert said, seen
                seen += said
            attended.stdin.write(b"\x1d")
            attended.stdin.close()
            assert attended.wait(5) == 0
        finally:
            attended.kill()
