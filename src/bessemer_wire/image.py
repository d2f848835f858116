"""Which image to write and how to recognise it: `image_info` of write_image and prepare_image."""

import re
from dataclasses import dataclass, field
from typing import Any

from bessemer_wire.malformed import Malformed, optional_text, text_field

HEX_DIGITS = {"md5": 32, "sha256": 64, "sha512": 128}
ALGORITHM_OF_LENGTH = {length: name for name, length in HEX_DIGITS.items()}


@dataclass(frozen=True, slots=True)
class Checksum:
    """Of the bytes as they are downloaded, before any conversion."""

    algorithm: str
    value: str

    def __post_init__(self) -> None:
        if self.algorithm not in HEX_DIGITS:
            raise Malformed(f"checksum algorithm {self.algorithm!r} is not one of {[*HEX_DIGITS]}")
        if not re.fullmatch(f"[0-9a-f]{{{HEX_DIGITS[self.algorithm]}}}", self.value):
            raise Malformed(f"{self.value!r} is not a {self.algorithm} value in lower-case hex")


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """`urls` are tried in order. Credentials never appear in the representation."""

    id: str
    urls: tuple[str, ...]
    checksum: Checksum
    disk_format: str | None = None
    auth_user: str | None = None
    auth_password: str | None = field(default=None, repr=False)
    authorization: str | None = field(default=None, repr=False)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "ImageInfo":
        """Raises Malformed: no URL, no checksum, or one that is not hexadecimal."""
        urls = body.get("urls")
        if not isinstance(urls, list) or not urls or not all(isinstance(u, str) for u in urls):
            raise Malformed("'urls' must be a list of at least one address")
        basic = body.get("image_server_auth_strategy") == "http_basic"
        return cls(
            id=text_field(body, "id"),
            urls=tuple(urls),
            checksum=_checksum(body),
            disk_format=optional_text(body, "disk_format"),
            auth_user=optional_text(body, "image_server_user") if basic else None,
            auth_password=optional_text(body, "image_server_password") if basic else None,
            authorization=optional_text(body, "image_request_authorization"),
        )


def _checksum(body: dict[str, Any]) -> Checksum:
    """The pair os_hash_algo/os_hash_value wins; a bare checksum names its algorithm by length."""
    algorithm, value = optional_text(body, "os_hash_algo"), optional_text(body, "os_hash_value")
    if algorithm and value:
        return Checksum(algorithm, value.strip().lower())
    bare = (optional_text(body, "checksum") or "").strip().lower()
    if not bare:
        raise Malformed("neither 'os_hash_algo' with 'os_hash_value' nor 'checksum' is given")
    if len(bare) not in ALGORITHM_OF_LENGTH:
        raise Malformed(f"'checksum' has {len(bare)} digits; known are {[*ALGORITHM_OF_LENGTH]}")
    return Checksum(ALGORITHM_OF_LENGTH[len(bare)], bare)
