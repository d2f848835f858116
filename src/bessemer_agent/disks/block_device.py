"""Raw blocks of one disk: write, read, make ranges read as zeros, flush, re-read partitions."""

import fcntl
import os
import stat
import struct
from pathlib import Path
from types import TracebackType

from bessemer_agent.command_failed import DiskUnsuitable

# linux/fs.h
BLKRRPART, BLKFLSBUF, BLKGETSIZE64 = 0x125F, 0x1261, 0x80081272
BLKSSZGET, BLKDISCARD, BLKZEROOUT = 0x1268, 0x1277, 0x127F
PAGE = 4096
ZERO_PIECE = 1 << 30
ZEROS = bytes(1 << 20)
# Dirty pages beyond this are written back before more is accepted: memory stays bounded.
FLUSH_EVERY = 64 << 20


class BlockDevice:
    """A disk, or a file that stands for one; opened exclusively (fails when it is mounted).

    Offsets and lengths in bytes. Not for several threads at once.
    """

    def __init__(self, path: Path) -> None:
        """Raises DiskUnsuitable: the device is gone, in use, or cannot be written."""
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)
        except OSError as error:
            raise DiskUnsuitable(
                f"{path} cannot be opened for writing: {error.strerror}"
            ) from error
        self.path = path
        self.is_block = stat.S_ISBLK(os.fstat(self._fd).st_mode)
        self._unflushed = 0
        self.size_bytes, self.sector_size = os.fstat(self._fd).st_size, 512
        if self.is_block:
            answer = fcntl.ioctl(self._fd, BLKGETSIZE64, bytes(8))
            (self.size_bytes,) = struct.unpack("Q", answer)
            (self.sector_size,) = struct.unpack("i", fcntl.ioctl(self._fd, BLKSSZGET, bytes(4)))

    def __enter__(self) -> "BlockDevice":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)

    def read_at(self, offset: int, length: int) -> bytes:
        """Fewer bytes only at the end of the disk. Raises OSError."""
        return os.pread(self._fd, length, offset)

    def write_at(self, offset: int, data: bytes) -> None:
        """Raises OSError: the disk is broken or full."""
        view = memoryview(data)
        while view:
            written = os.pwrite(self._fd, view, offset)
            view, offset = view[written:], offset + written
        self._unflushed += len(data)
        if self._unflushed >= FLUSH_EVERY:
            self.flush()

    def zero(self, offset: int, length: int) -> None:
        """Make a range read as zeros, the quickest way that is sure. Raises OSError.

        BLKZEROOUT lets the disk do it where it can and writes zeros where it cannot; unlike
        BLKDISCARD it promises the result.
        """
        end = offset + length
        first, last = -(-offset // PAGE) * PAGE, end // PAGE * PAGE
        if not self.is_block or first >= last:
            self._write_zeros(offset, end)
            return
        self._write_zeros(offset, first)
        for at in range(first, last, ZERO_PIECE):
            self._zero_aligned(at, min(ZERO_PIECE, last - at))
        self._write_zeros(last, end)

    def discard(self, offset: int, length: int) -> None:
        """Tell the disk that the range is unused; what it reads as afterwards is not promised.

        Raises OSError where this is not supported.
        """
        fcntl.ioctl(self._fd, BLKDISCARD, struct.pack("QQ", offset, length))

    def flush(self) -> None:
        """Return when written data is on the disk; the page cache lets go of it. Raises OSError."""
        os.fdatasync(self._fd)
        os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_DONTNEED)
        self._unflushed = 0

    def reread_partitions(self) -> None:
        """Make the kernel forget the old partitions and find the new ones. Raises OSError."""
        if self.is_block:
            fcntl.ioctl(self._fd, BLKFLSBUF, 0)
            fcntl.ioctl(self._fd, BLKRRPART, 0)

    def _zero_aligned(self, offset: int, length: int) -> None:
        try:
            fcntl.ioctl(self._fd, BLKZEROOUT, struct.pack("QQ", offset, length))
        except OSError:
            self._write_zeros(offset, offset + length)

    def _write_zeros(self, offset: int, end: int) -> None:
        while offset < end:
            piece = ZEROS[: end - offset]
            self.write_at(offset, piece)
            offset += len(piece)
