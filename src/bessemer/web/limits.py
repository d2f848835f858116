"""HTTP connections within limits: the size of a request's head, and how long a client may dawdle."""

import asyncio
from http import HTTPStatus
from typing import Any, Final

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

log = structlog.get_logger()

MAX_REQUEST_LINE: Final = 16 * 1024
MAX_HEAD: Final = 64 * 1024
"""Bytes of all headers together."""
MAX_HEADERS: Final = 200
MAX_UNREAD: Final = 1024 * 1024
"""Bytes within a body that are none of it: what the parser hoards of an endless trailer."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection. Times are in seconds.

    `head_timeout`: from the connection, or from the first byte of a further request, to the end of
    its headers. `body_timeout`: the longest silence within a body.
    """

    head_timeout: float = 15.0
    body_timeout: float = 60.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head_bytes = self._size = self._unread = 0
        self._in_head = True
        self._in_body = False
        self._heard_at = 0.0
        self._refusal = HTTPStatus.BAD_REQUEST
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait(self.head_timeout)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More bytes of a head or body."""
        self._heard_at = self.loop.time()
        if self._in_head:
            self._head_bytes += len(data)
            if self._timer is None:
                self._wait(self.head_timeout)
        self._unread += len(data)
        super().data_received(data)
        overlong = self._in_head and self._head_bytes > MAX_HEAD
        overlong |= self._in_body and self._unread > MAX_UNREAD
        if overlong and not self.transport.is_closing():
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            self.send_400_response("The request's headers are too large.")

    def on_url(self, url: bytes) -> None:
        """More of the request line. Raises ValueError, which ends in `send_400_response`."""
        super().on_url(url)
        if len(self.url) > MAX_REQUEST_LINE:
            self._refusal = HTTPStatus.REQUEST_URI_TOO_LONG
            raise ValueError("the request line is too long")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._size = True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header. Raises ValueError, which ends in `send_400_response`."""
        super().on_header(name, value)
        self._size += len(name) + len(value) + 4
        if self._size > MAX_HEAD or len(self.headers) > MAX_HEADERS:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError("the headers are too large")

    def on_headers_complete(self) -> None:
        """The head is whole; a body may follow."""
        self._stop_waiting()
        self._in_head, self._in_body = False, True
        self._head_bytes = self._unread = 0
        super().on_headers_complete()
        self._wait(self.body_timeout)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole; the next one may take its time, within keep-alive."""
        self._in_head, self._in_body = True, False
        self._stop_waiting()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Another protocol goes on."""
        self._stop_waiting()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Refuse by the status that fits, and hang up."""
        status = self._refusal
        words = msg if status is HTTPStatus.BAD_REQUEST else f"{status.phrase}."
        head = f"content-type: text/plain; charset=utf-8\r\ncontent-length: {len(words)}\r\n"
        lines = STATUS_LINE[status] + f"{head}connection: close\r\n\r\n{words}".encode("ascii")
        self.transport.write(lines)
        self.transport.close()

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._heard_at = self.loop.time()
        self._timer = self.loop.call_later(seconds, self._too_long)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_long(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self._in_body:
            self._judge_silence()
            return
        self._refusal = HTTPStatus.REQUEST_TIMEOUT
        self.send_400_response("")
        log.info("web.slow_head", client=self.client)

    def _judge_silence(self) -> None:
        """The client is silent only if it is not us who do not listen (flow control)."""
        silent = 0.0 if self.flow.read_paused else self.loop.time() - self._heard_at
        if silent < self.body_timeout:
            self._timer = self.loop.call_later(self.body_timeout - silent, self._too_long)
            return
        log.info("web.silent_body", client=self.client)
        self.transport.abort()
