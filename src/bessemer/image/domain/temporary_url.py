"""Signed, expiring URLs as OpenStack Swift's TempURL middleware spells them, with SHA-256."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bessemer.errors import Unauthorized

PREFIX: Final = "/object-store"
CONTAINER_PATH: Final = "/v1/AUTH_bessemer/images"


def object_path(image_id: str) -> str:
    """The path of an image's bytes in the object store, from the server's root."""
    return f"{PREFIX}{CONTAINER_PATH}/{image_id}"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs and verifies with one key. HMAC over `GET\\n<expires>\\n<path>`, in hex."""

    key: bytes = field(repr=False)

    def signature(self, path: str, expires: int) -> str:
        """Permits GET and HEAD of `path` until the Unix time `expires`."""
        message = f"GET\n{expires}\n{path}".encode()
        return hmac.new(self.key, message, hashlib.sha256).hexdigest()

    def query(self, path: str, expires: datetime) -> str:
        """The query string that makes `path` a temporary URL."""
        until = int(expires.timestamp())
        return f"temp_url_sig={self.signature(path, until)}&temp_url_expires={until}"

    def check(self, path: str, query: Mapping[str, str], moment: datetime) -> None:
        """Raises Unauthorized in plain words: not signed, wrongly signed, or too late."""
        given, until = query.get("temp_url_sig", ""), query.get("temp_url_expires", "")
        if not given or not re.fullmatch(r"[0-9]{1,12}", until):
            raise Unauthorized(
                "This URL needs temp_url_sig and temp_url_expires; ask for a new one."
            )
        expected = self.signature(path, int(until))
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
            raise Unauthorized("The signature of this temporary URL is wrong; ask for a new URL.")
        if int(until) <= moment.timestamp():
            raise Unauthorized("This temporary URL has expired; ask for a new one.")
