"""Writes an image to a disk: refuse what is unsafe first, then one pass, then trust it."""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bessemer_agent.command_failed import (
    ChecksumMismatch,
    CommandFailed,
    DiskUnsuitable,
    DownloadFailed,
    ImageRefused,
)
from bessemer_agent.commands.command import Report
from bessemer_agent.disks.block_device import BlockDevice
from bessemer_agent.image_writing.config_drive import config_drive_content
from bessemer_agent.image_writing.disk_writer import DiskWriter
from bessemer_agent.image_writing.download import Patience, RemoteFile, open_image
from bessemer_agent.image_writing.layout import check_sector_size, clear_tail, finish_partitions
from bessemer_agent.image_writing.pipeline import feed_all
from bessemer_formats import ImageFacts, ImageFormat, UnsafeImage, check_allowed, inspect
from bessemer_formats.qcow2.header import Qcow2Header
from bessemer_formats.qcow2.mapping import ExtentMap, read_map
from bessemer_formats.qcow2.unpacking import Unpacker
from bessemer_wire import Checksum, ImageInfo

LOG = logging.getLogger(__name__)

WRITING, ZEROING, FINISHING = "writing", "zeroing", "finishing"


@dataclass(frozen=True, slots=True)
class Order:
    """What to write, where to, and what is allowed."""

    image: ImageInfo
    device: Path
    config_drive: str | None
    permitted_formats: tuple[str, ...]
    md5_allowed: bool
    patience: Patience


@dataclass(frozen=True, slots=True)
class Written:
    """`virtual_size` bytes now on the disk came from `downloaded` bytes in `seconds`."""

    image_id: str
    device: Path
    downloaded: int
    virtual_size: int
    seconds: float

    def sentence(self) -> str:
        """Begins as upstream's result does; conductors read it."""
        rate = self.downloaded / self.seconds / 1e6 if self.seconds else 0.0
        return (
            f"image ({self.image_id}) written to device {self.device} "
            f"({self.virtual_size} bytes from {self.downloaded} downloaded in {self.seconds:.1f} s, "
            f"{rate:.1f} MB/s)"
        )


def write_image(order: Order, report: Report) -> Written:
    """Return when the disk holds the image and its partitions are known. Raises CommandFailed.

    After a failure the disk's first MiB is zero: it does not boot.
    """
    started = time.monotonic()
    _check_algorithm(order)
    remote = open_image(order.image, order.patience)
    facts, extents = _look(remote, order)
    drive = order.config_drive
    content = config_drive_content(drive, order.patience) if drive else None
    with BlockDevice(order.device) as device:
        _check_fits(facts, remote, device)
        try:
            counted = _write(remote, extents, device, order, report)
            report(FINISHING, counted, counted)
            finish_partitions(device, content)
            device.flush()
            _reread(device)
        except CommandFailed:
            _make_unbootable(device)
            raise
        except UnsafeImage as error:
            _make_unbootable(device)
            raise ImageRefused(str(error)) from error
        except OSError as error:
            _make_unbootable(device)
            raise CommandFailed(f"{order.device} cannot be written: {error}") from error
    return Written(
        order.image.id, order.device, counted, facts.virtual_size, time.monotonic() - started
    )


def _check_algorithm(order: Order) -> None:
    if order.image.checksum.algorithm == "md5" and not order.md5_allowed:
        raise ImageRefused(
            "the image's checksum is MD5, which the conductor does not allow; give os_hash_algo "
            "and os_hash_value (sha256 or sha512)"
        )


def _look(remote: RemoteFile, order: Order) -> tuple[ImageFacts, ExtentMap | None]:
    """What kind of image this is, from its own bytes. Raises ImageRefused, DownloadFailed."""
    if remote.size is None:
        raise DownloadFailed("the image server does not say how large the image is")
    announced = order.image.disk_format
    try:
        facts = inspect(remote.peek, remote.size)
        check_allowed(facts, order.permitted_formats)
        if announced and not facts.is_called(announced):
            raise UnsafeImage(f"announced as {announced}, but it is {facts.format}")
        if facts.format is not ImageFormat.QCOW2:
            return facts, None
        header = Qcow2Header.read(remote.read_at, remote.size)
        return facts, read_map(remote.read_at, header, remote.size)
    except UnsafeImage as error:
        raise ImageRefused(f"image {order.image.id}: {error}") from error


def _check_fits(facts: ImageFacts, remote: RemoteFile, device: BlockDevice) -> None:
    if facts.virtual_size > device.size_bytes:
        raise DiskUnsuitable(
            f"the image needs {facts.virtual_size} bytes, {device.path} has {device.size_bytes}: "
            "choose a larger disk by root device hints, or a smaller image"
        )
    if facts.format is not ImageFormat.QCOW2:
        check_sector_size(remote.read_at(0, 8192), device)


def _write(
    remote: RemoteFile,
    extents: ExtentMap | None,
    device: BlockDevice,
    order: Order,
    report: Report,
) -> int:
    """The image is on the disk and its checksum right; how many bytes were downloaded."""
    writer = DiskWriter(device)
    virtual_size = extents.header.virtual_size if extents else remote.size or 0
    if extents:
        report(ZEROING, 0, remote.size or 0)
        for offset, length in extents.gaps():
            writer.zero(offset, length)
    consumer = (
        _Qcow2Consumer(extents, writer, remote.size or 0) if extents else _RawConsumer(writer)
    )
    counted = _Counter(remote.size or 0, report)
    hashing = hashlib.new(order.image.checksum.algorithm, usedforsecurity=False)
    feed_all(remote.stream(), [hashing.update, consumer.take, counted.take])
    writer.settle()
    _verify(order.image.checksum, hashing.hexdigest(), device)
    clear_tail(device, virtual_size)
    writer.finish()
    if extents:
        check_sector_size(device.read_at(0, 8192), device)
    return counted.done


def _verify(expected: Checksum, actual: str, device: BlockDevice) -> None:
    if actual != expected.value:
        raise ChecksumMismatch(
            f"{expected.algorithm} of the image is {actual}, expected {expected.value}; "
            f"{device.path} was made unbootable. Check the image and its checksum at their source"
        )


class _RawConsumer:
    def __init__(self, writer: DiskWriter) -> None:
        self._writer, self._at = writer, 0

    def take(self, piece: bytes) -> None:
        self._writer.write(self._at, piece)
        self._at += len(piece)


class _Qcow2Consumer:
    def __init__(self, extents: ExtentMap, writer: DiskWriter, size: int) -> None:
        self._unpacker, self._writer, self._left = Unpacker(extents), writer, size

    def take(self, piece: bytes) -> None:
        self._left -= len(piece)
        for offset, data in self._unpacker.feed(piece, last=self._left == 0):
            self._writer.write(offset, data)


class _Counter:
    def __init__(self, total: int, report: Callable[[str, int, int], None]) -> None:
        self.done, self._total, self._report = 0, total, report

    def take(self, piece: bytes) -> None:
        self.done += len(piece)
        self._report(WRITING, self.done, self._total)


def _reread(device: BlockDevice) -> None:
    try:
        device.reread_partitions()
    except OSError as error:
        # The image is right; only looking at its partitions from here may fail.
        LOG.warning("%s: the kernel does not re-read the partitions: %s", device.path, error)


def _make_unbootable(device: BlockDevice) -> None:
    try:
        device.zero(0, min(1 << 20, device.size_bytes))
        device.flush()
    except OSError as error:
        LOG.error("%s: its boot area cannot be erased: %s", device.path, error)
