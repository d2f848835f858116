"""Puts an image's bytes on a disk, leaving nothing of what was there before in between."""

from bessemer_agent.disks.block_device import BlockDevice

HEAD_BYTES = 1 << 20
ZERO_BLOCK = 1 << 16
ZEROS = bytes(ZERO_BLOCK)


class DiskWriter:
    """Takes writes in any order; blocks of zeros are not written but asked for.

    The first MiB (boot code, partition table) is kept in memory until `finish`: a disk whose image
    is incomplete or wrong does not boot, even if the power fails in between.
    """

    def __init__(self, device: BlockDevice) -> None:
        self._device = device
        self._head = bytearray(min(HEAD_BYTES, device.size_bytes))
        self._zeros_at, self._zeros = 0, 0
        device.zero(0, len(self._head))
        device.flush()

    def write(self, offset: int, data: bytes) -> None:
        """Raises OSError."""
        if offset < len(self._head):
            kept = data[: len(self._head) - offset]
            self._head[offset : offset + len(kept)] = kept
            offset, data = offset + len(kept), data[len(kept) :]
        if not data:
            return
        for at, piece in _split(offset, data):
            if piece is None:
                self._note_zeros(at[0], at[1])
            else:
                self._device.write_at(at[0], piece)

    def zero(self, offset: int, length: int) -> None:
        """Raises OSError."""
        end = offset + length
        offset = max(offset, len(self._head))
        if end > offset:
            self._device.zero(offset, end - offset)

    def settle(self) -> None:
        """Everything but the first MiB is on the disk. Raises OSError."""
        self._flush_zeros()
        self._device.flush()

    def finish(self) -> None:
        """The image is right: write its first MiB. Raises OSError."""
        self._device.write_at(0, bytes(self._head))
        self._device.flush()

    def _note_zeros(self, offset: int, length: int) -> None:
        """Runs of zeros become one request to the disk."""
        if self._zeros and self._zeros_at + self._zeros == offset:
            self._zeros += length
            return
        self._flush_zeros()
        self._zeros_at, self._zeros = offset, length

    def _flush_zeros(self) -> None:
        if self._zeros:
            self._device.zero(self._zeros_at, self._zeros)
            self._zeros = 0


def _split(offset: int, data: bytes) -> list[tuple[tuple[int, int], bytes | None]]:
    """Into runs of data and, where whole aligned blocks of 64 KiB are zero, runs of None."""
    runs: list[tuple[tuple[int, int], bytes | None]] = []
    at, end, start = 0, len(data), 0
    zero_from: int | None = None
    while at < end:
        step = min(ZERO_BLOCK - (offset + at) % ZERO_BLOCK, end - at)
        empty = step == ZERO_BLOCK and data[at : at + step] == ZEROS
        if empty and zero_from is None:
            if at > start:
                runs.append(((offset + start, at - start), data[start:at]))
            zero_from = at
        elif not empty and zero_from is not None:
            runs.append(((offset + zero_from, at - zero_from), None))
            zero_from, start = None, at
        at += step
    if zero_from is not None:
        runs.append(((offset + zero_from, end - zero_from), None))
    elif end > start:
        runs.append(((offset + start, end - start), data if start == 0 else data[start:]))
    return runs
