"""`http_basic`: users of an htpasswd file with bcrypt hashes; each of them administers everything."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import bcrypt
import structlog

from bessemer.context import RequestContext, RequestId
from bessemer.errors import ConfigurationError, Unauthorized, Unavailable
from bessemer.web.authentication import Authenticate, refuse_other_sites

log = structlog.get_logger()

CONCURRENT: Final = 2
"""Hashes under way at once: guessing shall not eat the machine."""
REMEMBERED: Final = 1024
REMEMBERED_FOR_S: Final = 300.0
"""How long a password that fitted need not be hashed again; the file's change ends it at once."""
BCRYPT_BYTES: Final = 72
"""What bcrypt looks at; htpasswd hashes no more of a longer password."""

_LINE: Final = re.compile(r"([^:\s][^:]*):(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})\Z")
_CHALLENGE: Final = 'Basic realm="Baremetal API"'


def by_password_file(file: Path, allowed_origins: Collection[str] = ()) -> Authenticate:
    """HTTP basic authentication (RFC 7617). Raises ConfigurationError for a file that will not do.

    `allowed_origins`: web sites whose pages may use the API, besides our own.
    """
    users = _Users(file)

    async def authenticate(headers: Mapping[str, str], request_id: RequestId) -> RequestContext:
        refuse_other_sites(headers, allowed_origins)
        name = await users.admit(headers.get("Authorization", ""))
        return RequestContext(
            request_id=request_id,
            user_id=name,
            user_name=name,
            project_id="http_basic",
            project_name="http_basic",
            roles=frozenset({"admin", "manager", "member", "reader"}),
            system_scope=True,
        )

    return authenticate


def read_password_file(file: Path) -> dict[str, bytes]:
    """User -> bcrypt hash. Raises ConfigurationError that names the line, never what is in it."""
    setting = "authentication.htpasswd_file"
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigurationError(f"{setting}: {file} cannot be read: {why}.") from error
    users = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.match(line.strip())
        if match is None or not 4 <= int(match[3]) <= 16:
            raise ConfigurationError(
                f"{setting}: line {number} of {file} is no user with a bcrypt hash. Write it by "
                "`htpasswd -B`."
            )
        users[match[1]] = match[2].encode()
    if not users:
        raise ConfigurationError(f"{setting}: {file} names no user; add one by `htpasswd -B`.")
    return users


class _Users:
    """The file's users, read again whenever it changes. A file that went bad lets nobody in."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp = self._look()
        self._users = read_password_file(file)
        self._nobody = bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt(self._cost()))
        self._key = secrets.token_bytes(32)
        self._fitted: dict[bytes, float] = {}
        self._limit = asyncio.Semaphore(CONCURRENT)

    async def admit(self, header: str) -> str:
        """The user's name. Raises Unauthorized, after the same work whatever was wrong."""
        self._refresh()
        name, password = _credentials(header)
        mark = hmac.digest(self._key, f"{name}\0".encode() + password, hashlib.sha256)
        if self._fitted.get(mark, 0.0) > time.monotonic():
            return name
        stored = self._users.get(name)
        async with self._limit:
            fits = await asyncio.to_thread(_fits, password, stored or self._nobody)
        if not (fits and stored):
            log.warning("http_basic.refused", user=name[:80])
            raise Unauthorized("Authentication required: user or password is wrong.", _CHALLENGE)
        self._remember(mark)
        return name

    def _refresh(self) -> None:
        stamp = self._look()
        if stamp == self._stamp and stamp is not None:
            return
        self._fitted.clear()
        try:
            self._users, self._stamp = read_password_file(self._file), stamp
        except ConfigurationError as error:
            log.error("http_basic.file", reason=error.message)
            raise Unavailable(
                "Nobody can log in: the server's password file cannot be used; its log says why."
            ) from error

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _cost(self) -> int:
        return max(int(each.split(b"$")[2]) for each in self._users.values())

    def _remember(self, mark: bytes) -> None:
        if len(self._fitted) >= REMEMBERED:
            self._fitted.pop(next(iter(self._fitted)))
        self._fitted[mark] = time.monotonic() + REMEMBERED_FOR_S


def _credentials(header: str) -> tuple[str, bytes]:
    scheme, _, encoded = header.partition(" ")
    try:
        raw = base64.b64decode(encoded.strip(), validate=True)
        name, colon, password = raw.partition(b":")
        if scheme.lower() == "basic" and colon:
            return name.decode(), password
    except (binascii.Error, UnicodeDecodeError):
        pass
    raise Unauthorized("Authentication required: send a user and password.", _CHALLENGE)


def _fits(password: bytes, stored: bytes) -> bool:
    try:
        return bcrypt.checkpw(password[:BCRYPT_BYTES], stored)
    except ValueError:  # a null byte: no htpasswd ever hashed one
        return False
