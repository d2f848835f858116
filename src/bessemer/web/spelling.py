"""HTTP connections for boot programs, which know some headers in one spelling only."""

import asyncio
from typing import Final

from bessemer.web.limits import LimitedProtocol

_SPELLED: Final = (b"Content-Length", b"Transfer-Encoding")
"""GRUB before 2.12 finds a body's end by these, and by no other spelling (its `net/http.c`), though
RFC 9110, section 5.1, leaves case free; uvicorn writes small letters, whatever it is given."""


class SpelledProtocol(LimitedProtocol):
    """One connection."""

    def on_headers_complete(self) -> None:
        """The request's head is whole; its reply's will be spelled."""
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            self.cycle.transport = _Reply(self.transport)


class _Reply(asyncio.Transport):
    """Where one reply is written: after `100 Continue`, if that is said, its head in one piece."""

    def __init__(self, connection: asyncio.Transport) -> None:
        super().__init__()
        self._connection = connection
        self._in_head = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._in_head:
            data = bytes(data)
            self._in_head = data.startswith(b"HTTP/1.1 100 ")
            for name in _SPELLED:
                data = data.replace(b"\r\n%b:" % name.lower(), b"\r\n%b:" % name, 1)
        self._connection.write(data)

    def is_closing(self) -> bool:
        return self._connection.is_closing()

    def close(self) -> None:
        self._connection.close()
