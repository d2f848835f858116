"""The config drive: what cloud-init reads on the first boot, as a partition named config-2."""

import base64
import binascii
import gzip
import io
import zlib

from bessemer_agent.command_failed import InvalidParameters
from bessemer_agent.image_writing.download import Patience, RemoteFile
from bessemer_wire import Checksum, ImageInfo

MAX_BYTES = 64 << 20
# Of what is downloaded: the same in base64, with room for line ends.
MAX_ENCODED_BYTES = 96 << 20
LABEL = "config-2"
UNCHECKED = Checksum("md5", "0" * 32)  # config drives come without a checksum


def config_drive_content(text: str, patience: Patience) -> bytes:
    """The file system, from its URL or from base64 of gzip. Raises InvalidParameters, DownloadFailed.

    What is behind a URL may be base64 of gzip, gzip, or the file system itself.
    """
    if not text.startswith(("http://", "https://")):
        return _unpacked(text.encode())
    remote = RemoteFile(text, ImageInfo("config drive", (text,), UNCHECKED), patience)
    collected = bytearray()
    for piece in remote.stream():
        collected += piece
        if len(collected) > MAX_ENCODED_BYTES:
            raise InvalidParameters(f"the config drive exceeds {MAX_BYTES} bytes")
    return _unpacked(bytes(collected))


def _unpacked(data: bytes) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        return _limited(_gunzipped(data))
    try:
        return _limited(_gunzipped(base64.b64decode(b"".join(data.split()), validate=True)))
    except (binascii.Error, ValueError) as error:
        if data[0x8001:0x8006] == b"CD001" or data[54:59] == b"FAT16" or data[82:87] == b"FAT32":
            return _limited(data)
        raise InvalidParameters(
            "the config drive is neither base64 of gzip nor a file system image"
        ) from error


def _gunzipped(data: bytes) -> bytes:
    """At most one byte more than allowed: a small file can inflate to anything."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidParameters(f"the config drive is not gzip: {error}") from error


def _limited(content: bytes) -> bytes:
    if not content or len(content) > MAX_BYTES:
        raise InvalidParameters(
            f"the config drive has {len(content)} bytes; 1 to {MAX_BYTES} are allowed"
        )
    return content
