"""The config drive: what cloud-init reads on the first boot, as a partition named config-2."""

from bessemer_agent.command_failed import InvalidParameters
from bessemer_agent.image_writing.download import Patience, RemoteFile
from bessemer_formats import UnsafeImage
from bessemer_formats.config_drive import MAX_BYTES, MAX_ENCODED_BYTES, unpacked
from bessemer_wire import Checksum, ImageInfo

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
    try:
        return unpacked(data)
    except UnsafeImage as error:
        raise InvalidParameters(str(error)) from error
