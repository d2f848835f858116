"""Tells formats apart by their magic numbers; the name of a file or a caller's word count nothing."""

import struct
from typing import Final

from bessemer_formats import gpt, mbr
from bessemer_formats.facts import ImageFacts, ImageFormat, ReadAt, UnsafeImage
from bessemer_formats.qcow2.header import Qcow2Header

SECTOR = 512
HEAD_BYTES = 0x9000
ISO_MAGIC_AT = 0x8001

# (offset, magic, format). Sources: each format's specification; see docs/reference/ramdisk.md.
MAGICS: Final = (
    (0, b"QFI\xfb", ImageFormat.QCOW2),
    (0, b"KDMV", ImageFormat.VMDK),
    (0, b"COWD", ImageFormat.VMDK),
    (0, b"# Disk DescriptorFile", ImageFormat.VMDK),
    (0, b"vhdxfile", ImageFormat.VHDX),
    (0, b"conectix", ImageFormat.VHD),
    (0, b"QED\0", ImageFormat.QED),
    (0, b"WithoutFreeSpace", ImageFormat.PARALLELS),
    (0, b"WithouFreSpacExt", ImageFormat.PARALLELS),
    (0, b"LUKS\xba\xbe", ImageFormat.LUKS),
    (0, b"\x1f\x8b", ImageFormat.GZIP),
    (0, b"BZh", ImageFormat.BZIP2),
    (0, b"\xfd7zXZ\0", ImageFormat.XZ),
    (0, b"\x28\xb5\x2f\xfd", ImageFormat.ZSTD),
    (0x40, b"\x7f\x10\xda\xbe", ImageFormat.VDI),
    (ISO_MAGIC_AT, b"CD001", ImageFormat.ISO),
)


def inspect(read_at: ReadAt, size: int) -> ImageFacts:
    """Look at an image of `size` bytes: a few small reads. Raises UnsafeImage when it is broken.

    A file without any known magic is raw; so is one with an MBR.
    """
    if size <= 0:
        raise UnsafeImage("the image is empty")
    head = read_at(0, min(HEAD_BYTES, size))
    found = [kind for at, magic, kind in MAGICS if head[at : at + len(magic)] == magic]
    if not found and size >= SECTOR and read_at(size - SECTOR, 8) == b"conectix":
        found = [ImageFormat.VHD]
    if not found:
        return _raw_facts(head, size)
    if found[0] is ImageFormat.QCOW2:
        return _qcow2_facts(Qcow2Header.read(read_at, size))
    return ImageFacts(found[0], _virtual_size(found[0], head, size))


def _raw_facts(head: bytes, size: int) -> ImageFacts:
    if gpt.sector_size_of(head):
        return ImageFacts(ImageFormat.GPT, size, partition_table="gpt")
    return ImageFacts(ImageFormat.RAW, size, partition_table="mbr" if mbr.is_mbr(head) else None)


def _qcow2_facts(header: Qcow2Header) -> ImageFacts:
    return ImageFacts(
        ImageFormat.QCOW2,
        header.virtual_size,
        backing_file=header.backing_file,
        data_file=header.data_file,
        encrypted=header.encrypted,
    )


def _virtual_size(kind: ImageFormat, head: bytes, size: int) -> int:
    """As the header claims it, for messages; formats that are never written need no more."""
    if kind is ImageFormat.VMDK and head.startswith(b"KDMV") and len(head) >= 20:
        return int(struct.unpack_from("<Q", head, 12)[0]) * SECTOR
    if kind is ImageFormat.VDI and len(head) >= 0x178:
        return int(struct.unpack_from("<Q", head, 0x170)[0])
    return size
