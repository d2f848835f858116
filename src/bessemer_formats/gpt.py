"""GUID partition table (UEFI specification 2.10, chapter 5): read, move its backup, add an entry."""

import struct
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bessemer_formats.facts import ReadAt, UnsafeImage
from bessemer_formats.mbr import PROTECTIVE

SIGNATURE = b"EFI PART"
HEADER = struct.Struct("<8sIIIIQQQQ16sQIII")
ENTRY = struct.Struct("<16s16sQQQ72s")
SECTOR_SIZES = (512, 4096)
MAX_TABLE_BYTES = 1024 * 1024
LINUX_DATA = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
EFI_SYSTEM = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
PROTECTIVE_KIND_AT, PROTECTIVE_LENGTH_AT = 446 + 4, 446 + 12


@dataclass(frozen=True, slots=True)
class GptPartition:
    """`number` from 1; `first` and `last` are logical sectors, both included."""

    number: int
    kind: uuid.UUID
    guid: uuid.UUID
    first: int
    last: int
    name: str


@dataclass(frozen=True, slots=True)
class Gpt:
    """A table as it is on a disk; `sectors` is the size of the disk in logical sectors."""

    sector_size: int
    sectors: int
    disk_guid: uuid.UUID
    first_usable: int
    last_usable: int
    entries_at: int
    entry_bytes: int
    entries: bytes

    @property
    def entry_count(self) -> int:
        return len(self.entries) // self.entry_bytes

    @property
    def table_sectors(self) -> int:
        return -(-len(self.entries) // self.sector_size)

    @property
    def partitions(self) -> tuple[GptPartition, ...]:
        return tuple(self._partitions())

    def _partitions(self) -> Iterator[GptPartition]:
        for index in range(self.entry_count):
            kind, guid, first, last, _, name = ENTRY.unpack_from(
                self.entries, index * self.entry_bytes
            )
            if any(kind):
                text = name.decode("utf-16-le", "replace").split("\0")[0]
                yield GptPartition(
                    index + 1, uuid.UUID(bytes_le=kind), uuid.UUID(bytes_le=guid), first, last, text
                )

    @classmethod
    def read(cls, read_at: ReadAt, disk_bytes: int) -> "Gpt | None":
        """The primary table; None when there is none. Raises UnsafeImage when it is damaged."""
        sector_size = sector_size_of(read_at(0, SECTOR_SIZES[-1] + HEADER.size))
        if sector_size is None:
            return None
        raw = read_at(sector_size, sector_size)
        (_, _, header_bytes, crc, _, _, _, first, last, guid, entries_at, count, entry_bytes,
         entries_crc) = HEADER.unpack_from(raw)  # fmt: skip
        if (
            not HEADER.size <= header_bytes <= sector_size
            or zlib.crc32(raw[:16] + bytes(4) + raw[20:header_bytes]) != crc
        ):
            raise UnsafeImage("the partition table's header has a wrong checksum")
        if entry_bytes < ENTRY.size or count * entry_bytes > MAX_TABLE_BYTES:
            raise UnsafeImage(f"a partition table of {count} entries of {entry_bytes} bytes")
        entries = read_at(entries_at * sector_size, count * entry_bytes)
        if zlib.crc32(entries) != entries_crc:
            raise UnsafeImage("the partition table's entries have a wrong checksum")
        return cls(
            sector_size, disk_bytes // sector_size, uuid.UUID(bytes_le=guid), first, last,
            entries_at, entry_bytes, entries,
        )  # fmt: skip

    def moved_to_end(self) -> "Gpt":
        """The same partitions, with all of the disk usable. Raises UnsafeImage if they do not fit."""
        last_usable = self.sectors - self.table_sectors - 2
        for partition in self.partitions:
            if partition.last > last_usable or partition.first < self.first_usable:
                raise UnsafeImage(
                    f"partition {partition.number} reaches beyond the end of the disk"
                )
        return replace(self, last_usable=last_usable)

    def with_partition(
        self, name: str, guid: uuid.UUID, first: int, last: int
    ) -> "tuple[Gpt, int]":
        """One more partition, and its number. Raises UnsafeImage: no room, or it would overlap."""
        for partition in self.partitions:
            if first <= partition.last and last >= partition.first:
                raise UnsafeImage(
                    f"no free space: sectors {first}..{last} overlap partition {partition.number}"
                )
        if first < self.first_usable or last > self.last_usable:
            raise UnsafeImage(f"no free space: sectors {first}..{last} are not usable")
        taken = {partition.number for partition in self.partitions}
        free = next((n for n in range(1, self.entry_count + 1) if n not in taken), None)
        if free is None:
            raise UnsafeImage(f"all {self.entry_count} partition entries are taken")
        entry = ENTRY.pack(
            LINUX_DATA.bytes_le, guid.bytes_le, first, last, 0, name.encode("utf-16-le")
        )
        at = (free - 1) * self.entry_bytes
        entries = self.entries[:at] + entry + self.entries[at + len(entry) :]
        return replace(self, entries=entries), free

    def writes(self) -> tuple[tuple[int, bytes], ...]:
        """(byte offset, whole sectors) of backup and primary; the backup first, so that one is whole."""
        backup_table = self.sectors - 1 - self.table_sectors
        size = self.sector_size
        entries = self.entries.ljust(self.table_sectors * size, b"\0")
        return (
            (backup_table * size, entries),
            ((self.sectors - 1) * size, self._header(self.sectors - 1, 1, backup_table)),
            (self.entries_at * size, entries),
            (size, self._header(1, self.sectors - 1, self.entries_at)),
        )

    def protective(self, head: bytes) -> bytes:
        """The first 512 bytes, their protective partition (UEFI 5.2.3) as long as the disk now is."""
        if head[PROTECTIVE_KIND_AT] != PROTECTIVE:
            return head[:512]  # a hybrid table: its maker knew better
        length = struct.pack("<I", min(self.sectors - 1, 0xFFFFFFFF))
        return head[:PROTECTIVE_LENGTH_AT] + length + head[PROTECTIVE_LENGTH_AT + 4 : 512]

    def _header(self, own: int, other: int, entries_at: int) -> bytes:
        def packed(crc: int) -> bytes:
            return HEADER.pack(
                SIGNATURE, 0x10000, HEADER.size, crc, 0, own, other, self.first_usable,
                self.last_usable, self.disk_guid.bytes_le, entries_at, self.entry_count,
                self.entry_bytes, zlib.crc32(self.entries),
            )  # fmt: skip

        return packed(zlib.crc32(packed(0))).ljust(self.sector_size, b"\0")


def sector_size_of(head: bytes) -> int | None:
    """The logical sector size that a table at the start of a disk was made for; None without one."""
    for size in SECTOR_SIZES:
        if head[size : size + len(SIGNATURE)] == SIGNATURE:
            return size
    return None
