"""Partition tables on the disk after the image: backup table at the end, config drive partition."""

from bessemer_agent.command_failed import DiskUnsuitable, ImageRefused
from bessemer_agent.disks.block_device import BlockDevice
from bessemer_formats import UnsafeImage, finishing

TAIL_BYTES = 1 << 20


def check_sector_size(head: bytes, device: BlockDevice) -> None:
    """An image's partition table fits disks of one sector size only. Raises ImageRefused."""
    try:
        finishing.check_sector_size(head, device.sector_size)
    except UnsafeImage as error:
        raise ImageRefused(f"{device.path}: {error}") from error


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
        finish = finishing.finish(device.read_at, device.size_bytes, config_drive)
    except UnsafeImage as error:
        raise ImageRefused(f"partition table on {device.path}: {error}") from error
    except finishing.NoRoom as error:
        raise DiskUnsuitable(f"{device.path}: {error}") from error
    for offset, data in finish.writes:
        device.write_at(offset, data)
    return finish.config_drive
