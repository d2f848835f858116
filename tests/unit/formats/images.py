"""Images made by qemu-img, and reading them the way the agent does."""

import subprocess
from pathlib import Path

from bessemer_formats import ReadAt
from bessemer_formats.qcow2.header import Qcow2Header
from bessemer_formats.qcow2.mapping import read_map
from bessemer_formats.qcow2.unpacking import Unpacker


def reader(content: bytes) -> ReadAt:
    return lambda offset, length: content[offset : offset + length]


def qemu_img(*arguments: str | Path) -> None:
    subprocess.run(["qemu-img", *arguments], check=True, capture_output=True)


def unpacked(content: bytes, pieces: list[int]) -> bytes:
    """The disk that one pass over a qcow2 file gives, fed in pieces of the given sizes in turn."""
    header = Qcow2Header.read(reader(content), len(content))
    extents = read_map(reader(content), header, len(content))
    disk = bytearray(b"\xaa" * header.virtual_size)
    for offset, length in extents.gaps():
        disk[offset : offset + length] = bytes(length)
    unpacker, at, turn = Unpacker(extents), 0, 0
    while at < len(content):
        piece = content[at : at + pieces[turn % len(pieces)]]
        at, turn = at + len(piece), turn + 1
        for offset, data in unpacker.feed(piece, last=at == len(content)):
            disk[offset : offset + len(data)] = data
    assert len(disk) == header.virtual_size
    return bytes(disk)
