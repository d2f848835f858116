"""One pass over a qcow2 file, in any pieces, gives every write that the disk needs."""

import zlib
from collections.abc import Iterator

from bessemer_formats.facts import UnsafeImage
from bessemer_formats.qcow2.mapping import Extent, ExtentMap


class Unpacker:
    """Feed the file from its first byte to its last; take (disk offset, data) from each feed.

    Memory: what was fed last, and at most one compressed cluster (below 4 MiB).
    """

    def __init__(self, extents: ExtentMap) -> None:
        if extents.header.compression != "deflate" and extents.has_compressed:
            raise UnsafeImage(
                f"qcow2 clusters are compressed with {extents.header.compression}, which is not "
                "supported; convert it with qemu-img convert -c -O qcow2"
            )
        self._header = extents.header
        self._extents = extents.in_file_order()
        self._current = next(self._extents, None)
        self._window = b""
        self._window_at = 0
        self._done = 0  # of the current plain extent

    def feed(self, data: bytes, *, last: bool = False) -> Iterator[tuple[int, bytes]]:
        """`last`: the file ends here, so what reaches past its end is as complete as it gets."""
        self._window = self._window + data if self._window else data
        end = self._window_at + len(self._window)
        while self._current is not None:
            extent = self._current
            if extent.compressed:
                if end < extent.host + extent.length and not last:
                    break
                yield self._inflated(extent)
            else:
                yield from self._plain(extent, end)
                if self._done < extent.length:
                    break
            self._done = 0
            self._current = next(self._extents, None)
        self._forget(end)
        if last and self._current is not None:
            yield from self._cut_off(self._current)

    def _plain(self, extent: Extent, end: int) -> Iterator[tuple[int, bytes]]:
        start = extent.host + self._done
        stop = min(end, extent.host + extent.length)
        if stop > start:
            at = start - self._window_at
            piece = self._window[at : at + stop - start]
            yield extent.guest + self._done, piece
            self._done += len(piece)

    def _inflated(self, extent: Extent) -> tuple[int, bytes]:
        at = extent.host - self._window_at
        packed = self._window[at : at + extent.length]
        size = self._header.cluster_size
        try:
            # A raw deflate stream (RFC 1951); window of 4 KiB as the format demands, larger read too.
            cluster = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size)
        except zlib.error as error:
            raise UnsafeImage(f"qcow2 compressed cluster at {extent.host}: {error}") from error
        if len(cluster) != size:
            raise UnsafeImage(f"qcow2 compressed cluster at {extent.host} is cut off")
        return extent.guest, cluster[: self._header.virtual_size - extent.guest]

    def _cut_off(self, extent: Extent) -> Iterator[tuple[int, bytes]]:
        """A last cluster that was never filled: the file ends within it, the rest is zeros."""
        missing = extent.length - self._done
        if missing > self._header.cluster_size or next(self._extents, None) is not None:
            raise UnsafeImage(f"qcow2 file ends before its cluster at {extent.host + self._done}")
        yield extent.guest + self._done, bytes(missing)

    def _forget(self, end: int) -> None:
        """Keep what the current extent still needs."""
        keep_from = end if self._current is None else min(end, self._current.host + self._done)
        self._window = self._window[keep_from - self._window_at :]
        self._window_at = keep_from
