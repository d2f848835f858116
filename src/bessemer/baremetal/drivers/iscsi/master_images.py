"""Images as this conductor keeps them to write from: checked, raw, one file for all nodes."""

import asyncio
import hashlib
import os
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

from bessemer.baremetal.drivers.downloads import pieces
from bessemer.baremetal.drivers.iscsi.qemu_img import QemuImg
from bessemer.baremetal.drivers.users_urls import Bounds
from bessemer.errors import Invalid
from bessemer_formats import ImageFormat, ReadAt, UnsafeImage, check_allowed, inspect
from bessemer_wire import Checksum


class MasterImages:
    """Files in `folder`, named by their checksum; the longest unused go beyond `limit_bytes`."""

    def __init__(self, folder: Path, limit_bytes: int, qemu_img: QemuImg) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._qemu_img = qemu_img
        self._at_work: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def linked(
        self, url: str, checksum: Checksum, disk_format: str | None, bounds: Bounds
    ) -> Path:
        """A name of its own for the image as raw: the caller unlinks it.

        `bounds`: whither a download may go. Raises NotDownloaded, and Invalid when the image is not
        what was announced.
        """
        name = f"{checksum.algorithm}-{checksum.value}.raw"
        master = self._folder / name
        async with self._at_work[name]:
            if not master.exists():
                content = pieces(url, bounds)
                await self._make(master, content, checksum, disk_format)
            os.utime(master)
            own = self._temporary()
            own.unlink()
            own.hardlink_to(master)
        await asyncio.to_thread(self._make_room)
        return own

    def piece(self, data: bytes) -> Path:
        """These bytes as a file: the caller unlinks it."""
        path = self._temporary()
        path.write_bytes(data)
        return path

    async def _make(
        self,
        master: Path,
        content: AsyncIterator[bytes],
        checksum: Checksum,
        disk_format: str | None,
    ) -> None:
        download, raw = self._temporary(), self._temporary()
        try:
            await _download(content, download, checksum)
            if await asyncio.to_thread(_is_qcow2, download, disk_format):
                await self._qemu_img.unpack(download, raw)
                raw.replace(master)
            else:
                download.replace(master)
        finally:
            download.unlink(missing_ok=True)
            raw.unlink(missing_ok=True)

    def _temporary(self) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
        os.close(handle)
        return Path(name)

    def _make_room(self) -> None:
        """What is being written from has a name of its own, and stays until that goes, too."""
        masters = sorted(self._folder.glob("*.raw"), key=lambda each: each.stat().st_mtime)
        held = sum(each.stat().st_blocks * 512 for each in masters)
        for oldest in masters[:-1]:
            if held <= self._limit_bytes:
                return
            held -= oldest.stat().st_blocks * 512
            oldest.unlink()


async def _download(content: AsyncIterator[bytes], target: Path, checksum: Checksum) -> None:
    hashing = hashlib.new(checksum.algorithm, usedforsecurity=False)
    with target.open("wb") as file:
        async for piece in content:
            await asyncio.to_thread(hashing.update, piece)
            await asyncio.to_thread(file.write, piece)
    if hashing.hexdigest() != checksum.value:
        raise Invalid(
            f"{checksum.algorithm} of the image is {hashing.hexdigest()}, expected "
            f"{checksum.value}. Check the image and its checksum at their source."
        )


def _is_qcow2(image: Path, announced: str | None) -> bool:
    """From the image's own bytes. Raises Invalid: not as announced, or not safe to open."""
    try:
        facts = inspect(reader(image), image.stat().st_size)
        check_allowed(facts)
        if announced and not facts.is_called(announced):
            raise UnsafeImage(f"announced as {announced}, but it is {facts.format}")
    except UnsafeImage as error:
        raise Invalid(f"The image cannot be written: {error}.") from error
    return facts.format is ImageFormat.QCOW2


def reader(file: Path) -> ReadAt:
    """Bytes of a file by offset; beyond its end there are none."""

    def read_at(offset: int, length: int) -> bytes:
        with file.open("rb") as stream:
            stream.seek(offset)
            return stream.read(length)

    return read_at
