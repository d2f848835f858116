"""Partition tables on the disk after the image: backup table at the end, config drive partition."""

import uuid

from bessemer_agent.command_failed import DiskUnsuitable, ImageRefused
from bessemer_agent.disks.block_device import BlockDevice
from bessemer_agent.image_writing.config_drive import LABEL
from bessemer_formats import UnsafeImage, gpt, mbr
from bessemer_formats.gpt import Gpt

MIB = 1 << 20
TAIL_BYTES = MIB
CONFIG_DRIVE_NAMESPACE = uuid.UUID("5f0d3b6e-7a52-5c64-9d0e-3f4b7c1a2e68")


def check_sector_size(head: bytes, device: BlockDevice) -> None:
    """An image's partition table fits disks of one sector size only. Raises ImageRefused."""
    made_for = gpt.sector_size_of(head)
    if made_for and made_for != device.sector_size:
        raise ImageRefused(
            f"the image's partition table is made for disks with sectors of {made_for} bytes, "
            f"{device.path} has {device.sector_size}; use an image for such disks"
        )
    if not made_for and mbr.is_mbr(head) and device.sector_size != 512:
        raise ImageRefused(
            f"the image has an MBR for sectors of 512 bytes, {device.path} has "
            f"{device.sector_size}; use an image for such disks"
        )


def clear_tail(device: BlockDevice, image_end: int) -> None:
    """Backup tables and RAID superblocks of earlier tenants live in the last MiB."""
    start = max(image_end, device.size_bytes - TAIL_BYTES)
    if start < device.size_bytes:
        device.zero(start, device.size_bytes - start)


def finish_partitions(device: BlockDevice, config_drive: bytes | None) -> int | None:
    """Fix the table for this disk and add the config drive; its partition number.

    Same input, same disk: running it again changes nothing. Raises ImageRefused, DiskUnsuitable,
    OSError.
    """
    try:
        table = Gpt.read(device.read_at, device.size_bytes)
        if table is not None:
            return _finish_gpt(device, table, config_drive)
    except UnsafeImage as error:
        raise ImageRefused(f"partition table on {device.path}: {error}") from error
    return None if config_drive is None else _add_to_mbr(device, config_drive)


def _finish_gpt(device: BlockDevice, table: Gpt, config_drive: bytes | None) -> int | None:
    table, number = table.moved_to_end(), None
    if config_drive is not None:
        sectors = -(-len(config_drive) // MIB) * MIB // table.sector_size
        unit = MIB // table.sector_size
        first = (table.last_usable + 1 - sectors) // unit * unit
        guid = uuid.uuid5(CONFIG_DRIVE_NAMESPACE, str(table.disk_guid))
        table, number = table.with_partition(LABEL, guid, first, first + sectors - 1)
        _write_content(device, first * table.sector_size, config_drive)
    device.write_at(0, table.protective(device.read_at(0, 512)))
    for offset, data in table.writes():
        device.write_at(offset, data)
    return number


def _add_to_mbr(device: BlockDevice, config_drive: bytes) -> int:
    head = device.read_at(0, 512)
    if not mbr.is_mbr(head):
        raise ImageRefused(
            "the image has no partition table, so there is no place for a config drive; use an "
            "image with one, or deploy without config drive"
        )
    length = -(-len(config_drive) // MIB) * MIB
    start = min(device.size_bytes, mbr.MAX_SECTOR * 512) // MIB * MIB - length
    for partition in mbr.partitions(head):
        if (partition.start + partition.length) * 512 > start:
            raise DiskUnsuitable(f"{device.path} has no room for a config drive after the image")
    added = mbr.with_partition(head, start // 512, length // 512)
    if added is None:
        raise ImageRefused("all four primary partitions of the image's MBR are taken")
    _write_content(device, start, config_drive)
    device.write_at(0, added[0])
    return added[1]


def _write_content(device: BlockDevice, offset: int, content: bytes) -> None:
    device.write_at(offset, content)
    device.zero(offset + len(content), -len(content) % MIB)
