"""The config drive as it travels (base64 of gzip, gzip, or as it is) and what of it goes on a disk."""

import base64
import binascii
import gzip
import io
import zlib

from bessemer_formats.facts import UnsafeImage

MAX_BYTES = 64 << 20
MAX_ENCODED_BYTES = 96 << 20
"""Of what is downloaded: the same in base64, with room for line ends."""
LABEL = "config-2"


def unpacked(data: bytes) -> bytes:
    """The file system. Raises UnsafeImage when it is none, or too large."""
    if data.startswith(b"\x1f\x8b"):
        return _limited(_gunzipped(data))
    try:
        return _limited(_gunzipped(base64.b64decode(b"".join(data.split()), validate=True)))
    except (binascii.Error, ValueError) as error:
        if data[0x8001:0x8006] == b"CD001" or data[54:59] == b"FAT16" or data[82:87] == b"FAT32":
            return _limited(data)
        raise UnsafeImage(
            "the config drive is neither base64 of gzip nor a file system image"
        ) from error


def _gunzipped(data: bytes) -> bytes:
    """At most one byte more than allowed: a small file can inflate to anything."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnsafeImage(f"the config drive is not gzip: {error}") from error


def _limited(content: bytes) -> bytes:
    if not content or len(content) > MAX_BYTES:
        raise UnsafeImage(
            f"the config drive has {len(content)} bytes; 1 to {MAX_BYTES} are allowed"
        )
    return content
