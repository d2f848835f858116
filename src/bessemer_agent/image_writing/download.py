"""An image behind a URL, read in ranges or as one stream that survives broken connections."""

import base64
import http.client
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bessemer_agent.command_failed import DownloadFailed
from bessemer_agent.http_request import Unreachable, connect
from bessemer_wire import ImageInfo

LOG = logging.getLogger(__name__)

PIECE_BYTES = 1 << 20
HEAD_BYTES = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5
LONGEST_PAUSE_S = 10.0


class _Broken(Exception):
    """The connection failed; trying again may help."""


@dataclass(frozen=True, slots=True)
class Patience:
    """`retries` without any progress in between before giving up."""

    timeout_s: float = 60.0
    retries: int = 9
    insecure: bool = False


class RemoteFile:
    """One URL. `size` is None when the server does not say. Raises DownloadFailed throughout."""

    def __init__(self, url: str, image: ImageInfo, patience: Patience) -> None:
        self._url, self._image, self._patience = url, image, patience
        self._pause = threading.Event()  # never set: pauses between attempts
        self.ranges = False
        self.size: int | None = None
        self._head = b"".join(self._persistently(0, HEAD_BYTES, learn=True))

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes; fewer only at the end."""
        if offset + length <= len(self._head) or len(self._head) == self.size:
            return self._head[offset : offset + length]
        if not self.ranges:
            raise DownloadFailed(
                f"{_shown(self._url)}: the server does not answer Range requests, which qcow2 "
                "images need; serve the image from one that does, or as raw"
            )
        return b"".join(self._persistently(offset, length))

    def peek(self, offset: int, length: int) -> bytes:
        """As read_at, but where the server cannot give ranges, only the beginning can be seen."""
        if not self.ranges:
            return self._head[offset : offset + length]
        return self.read_at(offset, length)

    def stream(self) -> Iterator[bytes]:
        """The whole file in pieces of at most 1 MiB; resumes where a connection broke."""
        return self._persistently(0, None)

    def _persistently(
        self, offset: int, length: int | None, *, learn: bool = False
    ) -> Iterator[bytes]:
        failures = 0
        left = length
        while True:
            try:
                for piece in self._attempt(offset, left, learn=learn):
                    failures = 0
                    offset += len(piece)
                    left = None if left is None else left - len(piece)
                    yield piece
                return
            except (_Broken, Unreachable, OSError, http.client.HTTPException) as error:
                failures += 1
                where = f"{_shown(self._url)} at byte {offset}"
                if failures > self._patience.retries:
                    raise DownloadFailed(
                        f"{where}: {error or repr(error)}; gave up after {failures} attempts"
                    ) from error
                LOG.warning("%s: %s; attempt %d follows", where, error or repr(error), failures + 1)
                self._pause.wait(min(LONGEST_PAUSE_S, 0.5 * 2**failures))

    def _attempt(self, offset: int, length: int | None, *, learn: bool) -> Iterator[bytes]:
        if length == 0 or (length is None and offset and offset == self.size):
            return
        connection, response = self._open(offset, length)
        try:
            if learn:
                self._learn(response)
            skip = self._skip(response, offset)
            expected = self._expected(offset, length)
            while expected is None or expected > 0:
                wanted = PIECE_BYTES if expected is None else min(PIECE_BYTES, expected + skip)
                data = response.read(wanted)
                if not data:
                    if expected is not None and self.size is not None:
                        raise _Broken(f"the connection ended, {expected} bytes are missing")
                    return
                if skip:
                    data, skip = data[skip:], max(0, skip - len(data))
                if data:
                    expected = None if expected is None else expected - len(data)
                    yield data
        finally:
            connection.close()

    def _expected(self, offset: int, length: int | None) -> int | None:
        """How many bytes must come for the answer to be complete; None: until the end."""
        to_end = None if self.size is None else max(0, self.size - offset)
        if length is None:
            return to_end
        return length if to_end is None else min(length, to_end)

    def _learn(self, response: http.client.HTTPResponse) -> None:
        self.ranges = response.status == 206
        whole = response.headers.get("Content-Range", "").rpartition("/")[2]
        text = whole if self.ranges else response.headers.get("Content-Length", "")
        self.size = int(text) if text.isdigit() else None

    def _skip(self, response: http.client.HTTPResponse, offset: int) -> int:
        """Bytes to throw away before the wanted ones, when the server ignored the Range."""
        if response.status == 200:
            return offset
        start = response.headers.get("Content-Range", "").partition(" ")[2].partition("-")[0]
        if start != str(offset):
            raise DownloadFailed(
                f"{_shown(self._url)}: asked for byte {offset}, got {start or 'no range'}"
            )
        return 0

    def _open(
        self, offset: int, length: int | None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        last = "" if length is None else str(offset + length - 1)
        headers = {"Range": f"bytes={offset}-{last}", "Accept-Encoding": "identity"}
        address, credentials = self._url, self._credentials()
        for _ in range(MAX_REDIRECTS):
            url = urlsplit(address)
            connection = connect(
                url.scheme, url.netloc, self._patience.timeout_s, insecure=self._patience.insecure
            )
            target = (url.path or "/") + (f"?{url.query}" if url.query else "")
            try:
                connection.request("GET", target, headers=headers | credentials)
                response = connection.getresponse()
                if response.status in REDIRECTS:
                    address = urljoin(address, response.headers.get("Location", ""))
                    connection.close()
                    # Credentials are for the server that was named, not for where it points.
                    if urlsplit(address).netloc != urlsplit(self._url).netloc:
                        credentials = {}
                    continue
                self._check(response)
            except BaseException:
                connection.close()
                raise
            return connection, response
        raise DownloadFailed(f"{_shown(self._url)}: more than {MAX_REDIRECTS} redirects")

    def _check(self, response: http.client.HTTPResponse) -> None:
        if response.status in (200, 206):
            return
        message = f"the server answers {response.status} {response.reason}"
        if response.status >= 500 or response.status in (408, 429):
            raise _Broken(message)
        raise DownloadFailed(f"{_shown(self._url)}: {message}")

    def _credentials(self) -> dict[str, str]:
        image = self._image
        if image.authorization:
            return {"Authorization": image.authorization}
        if image.auth_user is not None:
            pair = f"{image.auth_user}:{image.auth_password or ''}".encode()
            return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        return {}


def open_image(image: ImageInfo, patience: Patience) -> RemoteFile:
    """The first address that answers. Raises DownloadFailed with what each one said."""
    failures = []
    for url in image.urls:
        try:
            return RemoteFile(url, image, patience)
        except DownloadFailed as error:
            LOG.warning("%s", error)
            failures.append(str(error))
    raise DownloadFailed("; ".join(failures))


def _shown(url: str) -> str:
    """Without query (signatures) and credentials."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
