"""Recognises file systems by their superblocks: reading only, nothing is mounted."""

import uuid
from collections.abc import Iterator
from pathlib import Path

from bessemer_formats import ReadAt, UnsafeImage, mbr
from bessemer_formats.gpt import Gpt

SUPERBLOCK_BYTES = 4096
EXT_MAGIC_AT, EXT_UUID_AT = 1024 + 0x38, 1024 + 0x68
XFS_UUID_AT = 32


def root_uuid(disk: Path) -> str | None:
    """UUID of the ext or XFS file system on the largest partition; None when there is none."""
    with disk.open("rb") as stream:

        def read_at(offset: int, length: int) -> bytes:
            stream.seek(offset)
            return stream.read(length)

        size = stream.seek(0, 2)
        for _, start in sorted(_partitions(read_at, size), reverse=True):
            found = _file_system_uuid(read_at(start, SUPERBLOCK_BYTES))
            if found:
                return found
    return None


def _partitions(read_at: ReadAt, size: int) -> Iterator[tuple[int, int]]:
    """(length, start) in bytes."""
    try:
        table = Gpt.read(read_at, size)
    except UnsafeImage:
        return
    if table:
        for entry in table.partitions:
            yield (
                (entry.last - entry.first + 1) * table.sector_size,
                entry.first * table.sector_size,
            )
        return
    head = read_at(0, 512)
    if len(head) == 512 and mbr.is_mbr(head):
        for partition in mbr.partitions(head):
            yield partition.length * 512, partition.start * 512


def _file_system_uuid(block: bytes) -> str | None:
    if block[EXT_MAGIC_AT : EXT_MAGIC_AT + 2] == b"\x53\xef":
        return str(uuid.UUID(bytes=block[EXT_UUID_AT : EXT_UUID_AT + 16]))
    if block.startswith(b"XFSB"):
        return str(uuid.UUID(bytes=block[XFS_UUID_AT : XFS_UUID_AT + 16]))
    return None
