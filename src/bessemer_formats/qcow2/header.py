"""The header of a qcow2 image, checked before anything that it points to is believed."""

import struct
from dataclasses import dataclass
from typing import Final

from bessemer_formats.facts import ReadAt, UnsafeImage

MAGIC: Final = b"QFI\xfb"
VERSION_2 = struct.Struct(">4sIQIIQIIQQIIQ")
VERSION_3_EXTRA = struct.Struct(">QQQII")
CLUSTER_BITS: Final = range(9, 22)
MAX_L1_BYTES = 32 * 1024 * 1024
MAX_NAME_BYTES = 1023
MAX_VIRTUAL_SIZE = 1 << 62
COMPRESSION_TYPE_AT = 104

# Incompatible feature bits. Dirty only says that reference counts, which we do not use, are stale.
DIRTY, CORRUPT, DATA_FILE, COMPRESSION, EXTENDED_L2 = (1 << bit for bit in range(5))
UNDERSTOOD = DIRTY | DATA_FILE | COMPRESSION

END_OF_EXTENSIONS, DATA_FILE_NAME = 0, 0x44415441
COMPRESSIONS: Final = {0: "deflate", 1: "zstd"}


@dataclass(frozen=True, slots=True)
class Qcow2Header:
    """Offsets and sizes in bytes; `l1_entries` in entries of eight bytes."""

    version: int
    cluster_bits: int
    virtual_size: int
    l1_offset: int
    l1_entries: int
    backing_file: str | None
    data_file: str | None
    encrypted: bool
    compression: str

    @property
    def cluster_size(self) -> int:
        return 1 << self.cluster_bits

    @property
    def l2_entries(self) -> int:
        """Of each second-level table, which fills one cluster."""
        return self.cluster_size // 8

    @classmethod
    def read(cls, read_at: ReadAt, file_size: int) -> "Qcow2Header":
        """Raises UnsafeImage: not qcow2, cut off, or out of the limits above."""
        head = read_at(0, VERSION_2.size + VERSION_3_EXTRA.size + 8)
        if len(head) < VERSION_2.size or not head.startswith(MAGIC):
            raise UnsafeImage("not a qcow2 image, or one that is cut off within its header")
        (_, version, backing_at, backing_size, cluster_bits, virtual_size, crypt_method,
         l1_entries, l1_offset, *_) = VERSION_2.unpack_from(head)  # fmt: skip
        if version not in (2, 3):
            raise UnsafeImage(f"qcow2 version {version} is not known; versions 2 and 3 are")
        features, length, compression = _extra(head, version)
        header = cls(
            version=version,
            cluster_bits=cluster_bits,
            virtual_size=virtual_size,
            l1_offset=l1_offset,
            l1_entries=l1_entries,
            backing_file=_name(read_at, backing_at, backing_size) if backing_at else None,
            data_file=_data_file(read_at, length) if features & DATA_FILE else None,
            encrypted=crypt_method != 0,
            compression=compression,
        )
        header._check(file_size)
        return header

    def _check(self, file_size: int) -> None:
        if self.cluster_bits not in CLUSTER_BITS:
            raise UnsafeImage(f"qcow2 cluster_bits {self.cluster_bits} is not in 9..21")
        if not 0 < self.virtual_size <= MAX_VIRTUAL_SIZE:
            raise UnsafeImage(f"qcow2 virtual size {self.virtual_size} makes no sense")
        covered = self.l1_entries * self.l2_entries * self.cluster_size
        if self.l1_entries * 8 > MAX_L1_BYTES or covered < self.virtual_size:
            raise UnsafeImage(
                f"qcow2 first-level table of {self.l1_entries} entries does not fit a virtual size "
                f"of {self.virtual_size} bytes"
            )
        if self.l1_offset % self.cluster_size or self.l1_offset + self.l1_entries * 8 > file_size:
            raise UnsafeImage("qcow2 first-level table is unaligned or beyond the end of the file")


def _extra(head: bytes, version: int) -> tuple[int, int, str]:
    """(incompatible features, header length, compression); version 2 has none of them."""
    if version == 2:
        return 0, VERSION_2.size, COMPRESSIONS[0]
    if len(head) < VERSION_2.size + VERSION_3_EXTRA.size:
        raise UnsafeImage("qcow2 header is cut off")
    features, _, _, _, length = VERSION_3_EXTRA.unpack_from(head, VERSION_2.size)
    if features & CORRUPT:
        raise UnsafeImage("qcow2 image is marked corrupt; repair it with qemu-img check -r all")
    if features & EXTENDED_L2:
        raise UnsafeImage(
            "qcow2 image uses extended L2 entries, which are not supported; convert it with "
            "qemu-img convert -O qcow2 -o extended_l2=off"
        )
    if features & ~UNDERSTOOD:
        raise UnsafeImage(f"qcow2 image has unknown incompatible features {features:#x}")
    kind = head[COMPRESSION_TYPE_AT] if length > COMPRESSION_TYPE_AT < len(head) else 0
    if kind not in COMPRESSIONS or (kind != 0) != bool(features & COMPRESSION):
        raise UnsafeImage(f"qcow2 compression type {kind} is not known or not announced")
    return features, length, COMPRESSIONS[kind]


def _name(read_at: ReadAt, offset: int, length: int) -> str:
    return read_at(offset, min(length, MAX_NAME_BYTES)).decode("utf-8", "replace")


def _data_file(read_at: ReadAt, offset: int) -> str:
    """From the header extension; present, if unnamed, because the feature bit says so."""
    for _ in range(64):
        head = read_at(offset, 8)
        if len(head) < 8:
            break
        kind, length = struct.unpack(">II", head)
        if kind == DATA_FILE_NAME:
            return _name(read_at, offset + 8, length)
        if kind == END_OF_EXTENSIONS:
            break
        offset += 8 + (length + 7) // 8 * 8
    return "(unnamed)"
