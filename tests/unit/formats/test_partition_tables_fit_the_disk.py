"""After moving the backup table and adding a partition, sfdisk finds nothing to complain about."""

import json
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest
from tests.unit.formats.images import reader

from bessemer_formats import UnsafeImage, mbr
from bessemer_formats.gpt import Gpt

MIB = 1 << 20


def a_disk(folder: Path, script: bytes, image_mib: int, disk_mib: int) -> Path:
    """An image with partitions, written to a larger disk."""
    disk = folder / "disk"
    disk.write_bytes(bytes(image_mib * MIB))
    subprocess.run(["sfdisk", "-q", disk], input=script, check=True)
    with disk.open("r+b") as stream:
        stream.truncate(disk_mib * MIB)
    return disk


def shown(disk: Path) -> dict[str, Any]:
    done = subprocess.run(["sfdisk", "-J", disk], check=True, capture_output=True)
    assert not done.stderr, done.stderr
    table: dict[str, Any] = json.loads(done.stdout)["partitiontable"]
    return table


def test_gpt_moves_to_the_end_and_takes_a_partition(tmp_path: Path) -> None:
    disk = a_disk(tmp_path, b"label: gpt\n2048,4096,U\n8192,,L\n", 16, 64)
    content = bytearray(disk.read_bytes())
    table = Gpt.read(reader(bytes(content)), len(content))
    assert table is not None
    guid = uuid.uuid4()
    moved, number = table.moved_to_end().with_partition("config-2", guid, 63 * 2048, 63 * 2048 + 99)
    for offset, data in moved.writes():
        content[offset : offset + len(data)] = data
    content[:512] = moved.protective(bytes(content[:512]))
    disk.write_bytes(content)
    after = shown(disk)
    assert after["lastlba"] == 64 * 2048 - 34
    assert number == 3
    assert after["partitions"][2]["name"] == "config-2"
    assert uuid.UUID(after["partitions"][2]["uuid"]) == guid
    verified = subprocess.run(["sfdisk", "--verify", disk], capture_output=True, check=True)
    assert b"No errors" in verified.stdout
    again = Gpt.read(reader(bytes(content)), len(content))
    assert again is not None
    assert again.moved_to_end().writes() == moved.writes()


def test_a_gpt_that_does_not_fit_or_is_damaged_is_refused(tmp_path: Path) -> None:
    disk = a_disk(tmp_path, b"label: gpt\n2048,,L\n", 16, 16)
    content = disk.read_bytes()
    small = Gpt.read(reader(content), 8 * MIB)
    assert small is not None
    with pytest.raises(UnsafeImage, match="beyond the end"):
        small.moved_to_end()
    for place in (512 + 40, 1024 + 3):
        damaged = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        with pytest.raises(UnsafeImage, match="checksum"):
            Gpt.read(reader(damaged), len(damaged))


def test_overlap_is_refused(tmp_path: Path) -> None:
    disk = a_disk(tmp_path, b"label: gpt\n2048,,L\n", 16, 16)
    table = Gpt.read(reader(disk.read_bytes()), 16 * MIB)
    assert table is not None
    with pytest.raises(UnsafeImage, match="overlap partition 1"):
        table.with_partition("config-2", uuid.uuid4(), 4096, 8191)


def test_mbr_takes_a_partition_until_four_are_there(tmp_path: Path) -> None:
    disk = a_disk(tmp_path, b"label: dos\n2048,2048,83,*\n", 16, 64)
    content = disk.read_bytes()
    assert mbr.is_mbr(content)
    added = mbr.with_partition(content, 63 * 2048, 2048)
    assert added is not None
    disk.write_bytes(added[0] + content[512:])
    assert shown(disk)["partitions"][1] == {
        "node": f"{disk}2", "start": 63 * 2048, "size": 2048, "type": "83",
    }  # fmt: skip
    head: tuple[bytes, int] | None = added
    for number in (3, 4):
        assert head is not None
        head = mbr.with_partition(head[0], 4096, 1)
        assert head is not None
        assert head[1] == number
    assert head is not None
    assert mbr.with_partition(head[0], 4096, 1) is None
