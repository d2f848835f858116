"""Which part of the file belongs where on the disk: L1 and L2 tables, turned upside down."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from bessemer_formats.facts import ReadAt, UnsafeImage
from bessemer_formats.qcow2.header import Qcow2Header

OFFSET_MASK = ((1 << 56) - 1) & ~0x1FF
COMPRESSED = 1 << 62
READS_AS_ZEROS = 1
COMPRESSED_SECTOR = 512
MAX_EXTENTS = 4_000_000


@dataclass(frozen=True, slots=True)
class Extent:
    """`length` bytes at `host` in the file. Plain: they go to `guest` on the disk as they are.

    Compressed: they inflate to one cluster at `guest`; `length` may reach past the end of the data.
    """

    host: int
    guest: int
    length: int
    compressed: bool


class ExtentMap:
    """All extents in the order of the file, so that one pass over it suffices.

    Memory: 25 bytes per extent, and 40 more for each while sorting. Neighbouring clusters make one
    extent, so images that qemu-img wrote need some kilobytes; the worst image that is accepted
    (every one of MAX_EXTENTS clusters apart) needs 260 MB, a larger one is refused.
    """

    def __init__(self, header: Qcow2Header) -> None:
        self.header = header
        self._host, self._guest, self._length = array("Q"), array("Q"), array("Q")
        self._compressed = array("b")

    def __len__(self) -> int:
        return len(self._host)

    def in_file_order(self) -> Iterator[Extent]:
        for index in sorted(range(len(self)), key=self._host.__getitem__):
            yield self._extent(index)

    def gaps(self) -> Iterator[tuple[int, int]]:
        """(offset, length) of what reads as zeros on the disk, in disk order."""
        at, size = 0, self.header.virtual_size
        for index in range(len(self)):  # found in disk order
            guest = self._guest[index]
            if guest > at:
                yield at, guest - at
            at = guest + (
                self.header.cluster_size if self._compressed[index] else self._length[index]
            )
        if at < size:
            yield at, size - at

    @property
    def data_bytes(self) -> int:
        """What will be written to the disk."""
        return self.header.virtual_size - sum(length for _, length in self.gaps())

    @property
    def has_compressed(self) -> bool:
        return any(self._compressed)

    def add(self, extent: Extent) -> None:
        """Extents come in the order of the disk. Raises UnsafeImage when there are too many."""
        if self._joins_last(extent):
            self._length[-1] += extent.length
            return
        if len(self) >= MAX_EXTENTS:
            raise UnsafeImage(
                f"qcow2 image is in more than {MAX_EXTENTS} pieces; rewrite it with qemu-img convert"
            )
        self._host.append(extent.host)
        self._guest.append(extent.guest)
        self._length.append(extent.length)
        self._compressed.append(extent.compressed)

    def _joins_last(self, extent: Extent) -> bool:
        return (
            len(self) > 0
            and not extent.compressed
            and not self._compressed[-1]
            and self._host[-1] + self._length[-1] == extent.host
            and self._guest[-1] + self._length[-1] == extent.guest
        )

    def _extent(self, index: int) -> Extent:
        return Extent(
            self._host[index],
            self._guest[index],
            self._length[index],
            bool(self._compressed[index]),
        )

    def check(self, file_size: int) -> None:
        """No plain byte of the file is used twice, none lies beyond its end. Raises UnsafeImage."""
        end = 0
        for extent in self.in_file_order():
            if extent.host >= file_size:
                raise UnsafeImage(f"qcow2 cluster at {extent.host} is beyond the end of the file")
            if extent.host < end:
                raise UnsafeImage(f"qcow2 cluster at {extent.host} of the file is used twice")
            if not extent.compressed:  # these share sectors, rightly
                end = extent.host + extent.length


def read_map(read_at: ReadAt, header: Qcow2Header, file_size: int) -> ExtentMap:
    """Read the tables: one read for L1, one for each L2 in use. Raises UnsafeImage."""
    extents = ExtentMap(header)
    table_reach = header.l2_entries * header.cluster_size
    l1 = _entries(
        read_at, header.l1_offset, min(header.l1_entries, _ceil(header.virtual_size, table_reach))
    )
    for number, entry in enumerate(l1):
        offset = entry & OFFSET_MASK
        if not offset:
            continue
        if offset % header.cluster_size or offset + header.cluster_size > file_size:
            raise UnsafeImage(f"qcow2 second-level table {number} is unaligned or beyond the end")
        _add_table(extents, number * table_reach, _entries(read_at, offset, header.l2_entries))
    extents.check(file_size)
    return extents


def _add_table(extents: ExtentMap, guest: int, entries: array[int]) -> None:
    header = extents.header
    size, limit = header.cluster_size, header.virtual_size
    for entry in entries:
        if guest >= limit:
            return
        if entry & COMPRESSED:
            extents.add(_compressed_extent(header, entry, guest))
        elif entry & OFFSET_MASK and not (header.version > 2 and entry & READS_AS_ZEROS):
            host = entry & OFFSET_MASK
            if host % size:
                raise UnsafeImage(f"qcow2 cluster at {host} of the file is unaligned")
            extents.add(Extent(host, guest, min(size, limit - guest), compressed=False))
        guest += size


def _compressed_extent(header: Qcow2Header, entry: int, guest: int) -> Extent:
    """Compressed cluster descriptor: x = 62 - (cluster_bits - 8) bits of offset, then sectors."""
    offset_bits = 62 - (header.cluster_bits - 8)
    host = entry & ((1 << offset_bits) - 1)
    sectors = (entry & (COMPRESSED - 1)) >> offset_bits
    length = (sectors + 1) * COMPRESSED_SECTOR - host % COMPRESSED_SECTOR
    return Extent(host, guest, length, compressed=True)


def _entries(read_at: ReadAt, offset: int, count: int) -> array[int]:
    table = array("Q")
    data = read_at(offset, count * 8)
    if len(data) != count * 8:
        raise UnsafeImage(f"qcow2 table at {offset} is cut off")
    table.frombytes(data)
    if sys.byteorder == "little":
        table.byteswap()
    return table


def _ceil(value: int, unit: int) -> int:
    return -(-value // unit)
