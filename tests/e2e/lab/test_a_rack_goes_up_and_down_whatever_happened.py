"""`up` builds what is missing, `down` leaves nothing behind: after crashes, twice, half-built."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.lab.conftest import written_rack
from tests.e2e.lab.rig import Rig

from bessemer_lab import namespace, processes
from bessemer_lab.errors import LabError
from bessemer_lab.lab import Lab, down
from bessemer_lab.layout import MARKER_VARIABLE, layout_of

NAME = f"d{os.getpid()}"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "s"
    down(tmp_path / "s")


@pytest.fixture
def lab(state: Path, tmp_path: Path) -> Lab:
    return Lab.up(written_rack(NAME, tmp_path), state)


def rack_processes(lab: Lab) -> dict[str, int]:
    """The rack's processes by what tells them apart: program, or module and machine."""
    marker = lab.layout.marker(lab.rack.name)
    found = {}
    for pid in processes.marked(MARKER_VARIABLE, marker):
        argv = processes.command_of(pid)
        name = Path(argv[0]).name
        found[argv[-1] if name.startswith("python") else name] = pid
    return found


def assert_nothing_is_left(lab: Lab) -> None:
    assert rack_processes(lab) == {}
    assert not namespace.exists(lab.namespace)
    assert not lab.layout.root.exists()
    mounts = Path("/proc/mounts").read_text()
    assert lab.namespace not in mounts
    assert str(lab.layout.root) not in mounts


def test_down_after_everything_important_was_killed(lab: Lab, tmp_path: Path) -> None:
    Rig(lab, "node-1", tmp_path).order("power", "on")
    lab.machine("node-1").wait_for_power("on", 30)
    found = rack_processes(lab)
    for name in ("node-1", "ovs-vswitchd"):
        os.kill(found[name], signal.SIGKILL)
    assert "qemu-system-x86_64" in found
    lab.down()
    assert_nothing_is_left(lab)


def test_down_twice_says_that_there_was_nothing(lab: Lab) -> None:
    assert down(lab.layout.root)
    assert not down(lab.layout.root)
    assert_nothing_is_left(lab)


def test_down_after_the_state_directory_was_deleted(lab: Lab) -> None:
    subprocess.run(["rm", "-r", str(lab.layout.root)], check=True)
    assert down(lab.layout.root)
    assert_nothing_is_left(lab)


def test_down_after_up_failed_half_way(state: Path, tmp_path: Path) -> None:
    obstacle = layout_of(state).machine("node-2").control
    obstacle.mkdir(parents=True)
    with pytest.raises(LabError, match=r"bessemer_lab.machine .* node-2 did not start: .*"):
        Lab.up(written_rack(NAME, tmp_path), state)
    lab = Lab.open(state)
    assert "node-1" in rack_processes(lab)
    lab.down()
    assert_nothing_is_left(lab)


def test_down_takes_only_its_own_network_room_namespaces(lab: Lab) -> None:
    ours, stranger = f"bessemer-net-{NAME}", f"bessemer-net-x{NAME}"
    namespace.add(ours)
    namespace.add(stranger)
    try:
        namespace.configure(lab.namespace, [f"link set tor-200 netns {ours}"])
        with subprocess.Popen(namespace.enter(ours, ["sleep", "1000"])) as server:
            lab.down()
            assert server.wait(5) == -signal.SIGTERM
        assert not namespace.exists(ours)
        assert namespace.exists(stranger)
        assert_nothing_is_left(lab)
    finally:
        for name in (ours, stranger):
            with contextlib.suppress(LabError):
                namespace.remove(name)


def test_keep_disks_keeps_them_for_the_next_up(lab: Lab, tmp_path: Path) -> None:
    disk = lab.machine("node-2").files.disk(0)
    with disk.open("r+b") as file:
        file.write(b"precious")
    lab.down(keep_disks=True)
    assert rack_processes(lab) == {}
    Lab.up(written_rack(NAME, tmp_path), lab.layout.root)
    with disk.open("rb") as file:
        assert file.read(8) == b"precious"


def test_up_again_changes_nothing(lab: Lab, tmp_path: Path) -> None:
    Rig(lab, "node-2", tmp_path).order("power", "on")
    lab.machine("node-2").wait_for_power("on", 30)
    before = rack_processes(lab)
    Lab.up(written_rack(NAME, tmp_path), lab.layout.root)
    assert rack_processes(lab) == before
    assert "qemu-system-x86_64" in before


def test_up_again_starts_what_is_missing(lab: Lab, tmp_path: Path) -> None:
    before = rack_processes(lab)
    processes.end([before["node-1"], before["ovs-vswitchd"]])
    with pytest.raises(LabError, match="node-1 does not answer"):
        lab.machine("node-1").power_state()
    Lab.up(written_rack(NAME, tmp_path), lab.layout.root)
    after = rack_processes(lab)
    assert after.keys() == before.keys()
    assert after["node-2"] == before["node-2"]
    assert lab.machine("node-1").power_state() == "off"
    assert lab.port_tags()["tor-100"] == 100


def test_a_rack_of_the_same_name_elsewhere_is_in_the_way(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=rf"belongs to {NAME}@{lab.layout.root}; give this rack"):
        Lab.up(written_rack(NAME, tmp_path), tmp_path / "elsewhere")


def test_another_rack_in_the_same_directory_is_in_the_way(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="take it down first with `bessemer lab down`"):
        Lab.up(written_rack(f"{NAME}x", tmp_path), lab.layout.root)
