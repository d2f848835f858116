"""What is known of an image after looking at it, and whether it may be written to a disk."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# read_at(offset, length) answers with up to `length` bytes; fewer only at the end of the file.
ReadAt = Callable[[int, int], bytes]


class UnsafeImage(Exception):
    """The image is broken, or of a kind that must not reach a disk; the text says why."""


class ImageFormat(StrEnum):
    """Spelled as in Glance's disk_format where that has a word for it."""

    RAW = "raw"
    GPT = "gpt"
    QCOW2 = "qcow2"
    ISO = "iso"
    VMDK = "vmdk"
    VDI = "vdi"
    VHD = "vhd"
    VHDX = "vhdx"
    QED = "qed"
    PARALLELS = "ploop"
    LUKS = "luks"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTD = "zstd"


DEFAULT_PERMITTED: Final = ("raw", "gpt", "qcow2", "iso")
# A raw image with a GUID partition table is a raw image: one word permits both.
SAME: Final = {ImageFormat.GPT: ImageFormat.RAW}


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """`virtual_size` in bytes is what the image takes up on a disk.

    `backing_file` and `data_file` name other files that reading the image would open.
    """

    format: ImageFormat
    virtual_size: int
    backing_file: str | None = None
    data_file: str | None = None
    encrypted: bool = False
    partition_table: str | None = None

    def is_called(self, disk_format: str) -> bool:
        """Whether `disk_format`, as somebody announced it, is true of this image."""
        return SAME.get(self.format, self.format) == (
            "raw" if disk_format == "gpt" else disk_format
        )


def check_allowed(facts: ImageFacts, permitted: Iterable[str] = DEFAULT_PERMITTED) -> None:
    """Allow-list: what is not permitted by name is refused. Raises UnsafeImage.

    Other files are never opened: an image could name any file of the machine that reads it.
    """
    words = {SAME.get(ImageFormat.GPT, "") if word == "gpt" else word for word in permitted}
    if SAME.get(facts.format, facts.format) not in words:
        raise UnsafeImage(
            f"the image is in format {facts.format}; permitted are {', '.join(sorted(words))}"
        )
    if facts.backing_file is not None:
        raise UnsafeImage(
            f"the image needs another file, its backing file {facts.backing_file!r}; flatten it: "
            "qemu-img convert -O qcow2 IMAGE FLAT"
        )
    if facts.data_file is not None:
        raise UnsafeImage(
            f"the image keeps its data in another file, {facts.data_file!r}; include it: "
            "qemu-img convert -O qcow2 IMAGE WHOLE"
        )
    if facts.encrypted:
        raise UnsafeImage("the image is encrypted; decrypt it before uploading")
