"""The disk writer: whatever pieces come, the disk holds exactly them, and zeros where they are."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bessemer_agent.disks.block_device import BlockDevice
from bessemer_agent.disks.disk import Disk
from bessemer_agent.disks.erase import _ata_security, erase, erase_metadata
from bessemer_agent.image_writing.disk_writer import HEAD_BYTES, DiskWriter

KIB = 1024
SIZE = 3 * 1024 * KIB


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 400 * KIB), st.sampled_from([0, 0, 7])), max_size=30),
    st.booleans(),
)
def test_the_disk_holds_what_was_written(runs: list[tuple[int, int]], finished: bool) -> None:
    content = b"".join(bytes([value]) * length for length, value in runs)[:SIZE]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "disk")
        path.write_bytes(b"old tenant" * (SIZE // 10 + 1))
        with BlockDevice(path) as device:
            writer, at = DiskWriter(device), 0
            for length, _ in runs:
                writer.write(at, content[at : at + length])
                at += length
            writer.settle()
            if finished:
                writer.finish()
        written = path.read_bytes()
    start = 0 if finished else HEAD_BYTES
    assert written[start : len(content)] == content[start:]
    if not finished:
        assert written[:HEAD_BYTES] == bytes(HEAD_BYTES)


def test_erasing_metadata_clears_both_ends(tmp_path: Path) -> None:
    path = tmp_path / "disk"
    path.write_bytes(os.urandom(16 * 1024 * KIB))
    erase_metadata(path)
    content = path.read_bytes()
    assert content[: 4096 * KIB] == content[-4096 * KIB :] == bytes(4096 * KIB)
    assert content[4096 * KIB : 5000 * KIB].strip(b"\0")


@pytest.mark.parametrize("rotational", [True, False])
def test_a_disk_without_commands_of_its_own_is_overwritten(
    tmp_path: Path, rotational: bool
) -> None:
    path = tmp_path / "disk"
    path.write_bytes(os.urandom(9 * 1024 * KIB))
    said = []
    disk = Disk("/dev/vda", path.stat().st_size, rotational=rotational)
    assert erase(disk, path, lambda *progress: said.append(progress)) == "zeros"
    assert not path.read_bytes().strip(b"\0")
    assert said[-1] == ("erasing disk", 9 * 1024 * KIB, 9 * 1024 * KIB)


def test_frozen_disks_are_told_from_ready_ones() -> None:
    text = (
        "ATA device\n\nSecurity: \n\tMaster password revision code = 65534\n\t\tsupported\n"
        "\tnot\tenabled\n\tnot\tlocked\n\t\tfrozen\n\tnot\texpired: security count\n"
        "\t\tsupported: enhanced erase\n\t2min for SECURITY ERASE UNIT.\n"
    )
    security = _ata_security(text)
    assert {"supported", "frozen", "supported: enhanced erase"} <= security
    assert not {"enabled", "locked"} & security
    assert _ata_security("no such section") == set()
