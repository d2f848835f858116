"""Disks and memory as sysfs and SMBIOS describe them."""

import struct
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bessemer_agent.disks.disk import list_disks
from bessemer_agent.inspection.inventory import memory_device_sizes

GIB = 1 << 30


def a_disk(root: Path, place: str, name: str, **facts: str | bytes) -> None:
    folder = root / "sys/devices" / place / "block" / name
    (folder / "queue").mkdir(parents=True)
    target = root / "sys/devices" / place
    (folder / "device").symlink_to(target)
    for path, value in {"size": str(8 * GIB // 512), "ro": "0", **facts}.items():
        file = folder / path.replace("__", "/")
        file.write_bytes(value if isinstance(value, bytes) else f"{value}\n".encode())
    (root / "sys/block").mkdir(exist_ok=True)
    (root / "sys/block" / name).symlink_to(folder)


def test_a_sata_disk_a_virtual_one_and_a_pretended_one(tmp_path: Path) -> None:
    sata = "pci0000:00/0000:00:1f.2/ata2/host1/target1:0:0/1:0:0:0"
    a_disk(tmp_path, sata, "sda", device__model="INTEL SSD", device__vendor="ATA",
           device__vpd_pg80=b"\0\x80\0\x06PHYF1 ", device__wwid="naa.55cd2e414d0f2a6b",
           queue__rotational="0", queue__logical_block_size="4096")  # fmt: skip
    a_disk(
        tmp_path, "pci0000:00/0000:00:05.0/virtio2", "vda", serial="root", device__vendor="0x1af4"
    )
    usb = "pci0000:00/0000:00:14.0/usb1/1-1/host7/target7:0:0/7:0:0:0"
    a_disk(tmp_path, usb, "sdb", device__model="Virtual HDisk0", device__vendor="AMI")
    a_disk(tmp_path, "virtual", "loop0")
    sda, sdb, vda = list_disks(tmp_path)
    assert (sda.name, sda.serial, sda.wwn) == ("/dev/sda", "PHYF1", "0x55cd2e414d0f2a6b")
    assert (sda.hctl, sda.transport, sda.logical_sector) == ("1:0:0:0", "sata", 4096)
    assert sda.by_path == "/dev/disk/by-path/pci-0000:00:1f.2-ata-1"
    assert (vda.serial, vda.vendor, vda.transport) == ("root", None, "virtio")
    assert vda.by_path == "/dev/disk/by-path/pci-0000:00:05.0"
    assert vda.size_bytes == 8 * GIB
    assert sdb.virtual_media
    assert not sdb.is_writable


def a_module(size: int, extended_mb: int = 0) -> bytes:
    body = bytearray(0x28)
    struct.pack_into("<BBH", body, 0, 17, len(body), 1)
    struct.pack_into("<H", body, 0x0C, size)
    struct.pack_into("<I", body, 0x1C, extended_mb)
    return bytes(body) + b"DIMM 0\0\0"


def test_memory_modules_are_counted_in_all_their_units() -> None:
    table = a_module(4096) + a_module(0x7FFF, 65536) + a_module(0x8000 | 512) + a_module(0)
    assert [*memory_device_sizes(table)] == [4 * GIB, 64 * GIB, 512 * 1024, 0]


@given(st.binary(max_size=600))
def test_no_table_breaks_the_reader(table: bytes) -> None:
    assert all(size >= 0 for size in memory_device_sizes(table))
