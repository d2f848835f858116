"""Serves one image with Range requests, and breaks connections on demand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class ImageServer:
    """`breaks`: each is a number of bytes after which one answer ends too early (large ones only)."""

    content: bytes
    ranges: bool = True
    breaks: list[int] = field(default_factory=list)
    gate: threading.Event | None = None
    requests: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/image?signature=secret"


@contextmanager
def running(image: ImageServer) -> Iterator[ImageServer]:
    class Handler(_Handler):
        pass

    Handler.image = image
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        image.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield image
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    image: ImageServer

    def do_GET(self) -> None:
        image = self.image
        size = len(image.content)
        wanted = self.headers.get("Range") if image.ranges else None
        image.requests.append(wanted or "")
        first, last = 0, size - 1
        if wanted:
            start, _, end = wanted.removeprefix("bytes=").partition("-")
            first, last = int(start), min(int(end), last) if end else last
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(last - first + 1))
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        self._send(image.content[first : last + 1])

    def _send(self, body: bytes) -> None:
        image = self.image
        whole = len(body) > 256 * 1024 or len(body) == len(image.content)
        if whole and image.gate is not None:
            self.wfile.write(body[:65536])
            image.gate.wait()
            body = body[65536:]
        if whole and image.breaks:
            body = body[: image.breaks.pop(0)]
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass
