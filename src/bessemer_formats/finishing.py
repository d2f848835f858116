"""What a disk needs after its image: the backup table at its end, and the config drive's partition."""

import uuid
from dataclasses import dataclass

from bessemer_formats import gpt, mbr
from bessemer_formats.config_drive import LABEL
from bessemer_formats.facts import ReadAt, UnsafeImage
from bessemer_formats.gpt import Gpt

MIB = 1 << 20
CONFIG_DRIVE_NAMESPACE = uuid.UUID("5f0d3b6e-7a52-5c64-9d0e-3f4b7c1a2e68")


@dataclass(frozen=True, slots=True)
class Finish:
    """`writes`: (byte offset, data) in the order in which to write them.

    `config_drive`: the number of its partition.
    """

    writes: tuple[tuple[int, bytes], ...] = ()
    config_drive: int | None = None


class NoRoom(Exception):
    """The disk is too small for what is to stand behind the image."""


def check_sector_size(head: bytes, sector_size: int) -> None:
    """An image's partition table fits disks of one sector size only. Raises UnsafeImage.

    `head`: the image's first 8192 bytes.
    """
    made_for = gpt.sector_size_of(head)
    kind = "partition table is made" if made_for else "MBR is"
    if not made_for and mbr.is_mbr(head):
        made_for = 512
    if made_for and made_for != sector_size:
        raise UnsafeImage(
            f"the image's {kind} for disks with sectors of {made_for} bytes, this one has "
            f"{sector_size}; use an image for such disks"
        )


def finish(read_at: ReadAt, disk_bytes: int, config_drive: bytes | None) -> Finish:
    """For a disk of that many bytes with the image at its start.

    Same input, same disk: done again it changes nothing. Raises UnsafeImage, NoRoom.
    """
    table = Gpt.read(read_at, disk_bytes)
    if table is not None:
        return _finish_gpt(read_at, table, config_drive)
    if config_drive is None:
        return Finish()
    return _add_to_mbr(read_at(0, 512), disk_bytes, config_drive)


def _finish_gpt(read_at: ReadAt, table: Gpt, config_drive: bytes | None) -> Finish:
    table, number = table.moved_to_end(), None
    content: tuple[tuple[int, bytes], ...] = ()
    if config_drive is not None:
        padded = _in_whole_mib(config_drive)
        unit = MIB // table.sector_size
        sectors = len(padded) // table.sector_size
        first = (table.last_usable + 1 - sectors) // unit * unit
        guid = uuid.uuid5(CONFIG_DRIVE_NAMESPACE, str(table.disk_guid))
        table, number = table.with_partition(LABEL, guid, first, first + sectors - 1)
        content = ((first * table.sector_size, padded),)
    protective = (0, table.protective(read_at(0, 512)))
    return Finish((*content, protective, *table.writes()), number)


def _add_to_mbr(head: bytes, disk_bytes: int, config_drive: bytes) -> Finish:
    if not mbr.is_mbr(head):
        raise UnsafeImage(
            "the image has no partition table, so there is no place for a config drive; use an "
            "image with one, or deploy without config drive"
        )
    content = _in_whole_mib(config_drive)
    start = min(disk_bytes, mbr.MAX_SECTOR * 512) // MIB * MIB - len(content)
    for partition in mbr.partitions(head):
        if (partition.start + partition.length) * 512 > start:
            raise NoRoom("the disk has no room for a config drive after the image")
    added = mbr.with_partition(head, start // 512, len(content) // 512)
    if added is None:
        raise UnsafeImage("all four primary partitions of the image's MBR are taken")
    return Finish(((start, content), (0, added[0])), added[1])


def _in_whole_mib(content: bytes) -> bytes:
    return content + bytes(-len(content) % MIB)
