"""Sends a stored file, or a part of it, at the speed of the disk."""

import asyncio
import os
from pathlib import Path
from typing import IO, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bessemer.image.domain.ranges import Span, Unsatisfiable, span_of

PIECE_BYTES: Final = 1024 * 1024


class StoredFileResponse(Response):
    """200, 206 or 416 (RFC 9110, section 14), for GET and HEAD.

    Pieces are read in a thread, the next while the last is on its way: the event loop never waits
    for the disk, and a slow client holds two pieces in memory, not the file.
    """

    def __init__(self, request: Request, path: Path, etag: str, headers: dict[str, str]) -> None:
        """Opens the file at once, so that deleting the image does not cut the download short."""
        self._file: IO[bytes] = path.open("rb", buffering=0)
        size = os.fstat(self._file.fileno()).st_size
        quoted = f'"{etag}"'
        try:
            asked, condition = request.headers.get("range"), request.headers.get("if-range")
            span = span_of(asked, condition, quoted, size)
            status = 200 if span is None else 206
            extra = {} if span is None else {"Content-Range": span.content_range(size)}
            self._span = span or Span(0, size)
        except Unsatisfiable:
            status, extra = 416, {"Content-Range": f"bytes */{size}"}
            self._span = Span(0, 0)
        super().__init__(status_code=status, headers={**headers, **extra})
        self.headers["Accept-Ranges"] = "bytes"
        self.headers["ETag"] = quoted
        self.headers["Content-Length"] = str(len(self._span))
        self.headers["Content-Type"] = "application/octet-stream"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the headers and, unless it is a HEAD, the bytes."""
        start = {"type": "http.response.start", "status": self.status_code}
        client_left = asyncio.create_task(_disconnected(receive))
        try:
            await send({**start, "headers": self.raw_headers})
            if scope["method"] != "HEAD":
                await self._send_pieces(send, client_left)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            client_left.cancel()
            self._file.close()

    async def _send_pieces(self, send: Send, client_left: "asyncio.Task[None]") -> None:
        at, stop = self._span.start, self._span.stop
        reading = self._read(at, stop)
        try:
            while at < stop and not client_left.done():
                piece = await reading
                if not piece:
                    raise EOFError(f"{self._file.name} ended at byte {at}, before {stop}.")
                at += len(piece)
                reading = self._read(at, stop)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            await asyncio.wait({reading})

    def _read(self, at: int, stop: int) -> "asyncio.Task[bytes]":
        length = min(PIECE_BYTES, stop - at)
        return asyncio.create_task(asyncio.to_thread(os.pread, self._file.fileno(), length, at))


async def _disconnected(receive: Receive) -> None:
    """Until the client is gone: `send` does not tell, it swallows."""
    while (await receive())["type"] != "http.disconnect":
        pass
