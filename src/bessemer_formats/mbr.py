"""Master boot record: the four primary partitions of 16 bytes each at 446."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x55\xaa"
ENTRIES_AT, ENTRY_BYTES, ENTRY_COUNT = 446, 16, 4
LINUX, PROTECTIVE = 0x83, 0xEE
EXTENDED = frozenset({0x05, 0x0F, 0x85})
MAX_SECTOR = (1 << 32) - 1
NO_CHS = b"\xfe\xff\xff"  # beyond what cylinder, head, sector can say: use the sector numbers


@dataclass(frozen=True, slots=True)
class MbrPartition:
    """`number` from 1; `start` and `length` in logical sectors."""

    number: int
    kind: int
    start: int
    length: int


def is_mbr(head: bytes) -> bool:
    """A boot signature, at least one partition, and only valid boot flags (a FAT volume has none)."""
    if head[510:512] != SIGNATURE:
        return False
    flags = {head[ENTRIES_AT + number * ENTRY_BYTES] for number in range(ENTRY_COUNT)}
    return flags <= {0x00, 0x80} and bool(partitions(head))


def partitions(head: bytes) -> tuple[MbrPartition, ...]:
    return tuple(_read(head))


def _read(head: bytes) -> Iterator[MbrPartition]:
    for index in range(ENTRY_COUNT):
        at = ENTRIES_AT + index * ENTRY_BYTES
        start, length = struct.unpack_from("<II", head, at + 8)
        if head[at + 4] and length:
            yield MbrPartition(index + 1, head[at + 4], start, length)


def with_partition(head: bytes, start: int, length: int) -> tuple[bytes, int] | None:
    """The first 512 bytes with one more Linux partition, and its number; None if all are taken."""
    taken = {partition.number for partition in partitions(head)}
    free = [number for number in range(1, ENTRY_COUNT + 1) if number not in taken]
    if not free or start + length > MAX_SECTOR:
        return None
    at = ENTRIES_AT + (free[0] - 1) * ENTRY_BYTES
    entry = b"\0" + NO_CHS + bytes([LINUX]) + NO_CHS + struct.pack("<II", start, length)
    return head[:at] + entry + head[at + ENTRY_BYTES : 512], free[0]
