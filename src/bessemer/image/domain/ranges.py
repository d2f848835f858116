"""Byte ranges of a download (RFC 9110, sections 13.1.5 and 14)."""

import re
from dataclasses import dataclass
from typing import Final

_ONE_RANGE: Final = re.compile(r"\s*bytes\s*=\s*(\d{0,19})\s*-\s*(\d{0,19})\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` to `stop`, without `stop`."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        """The value of Content-Range in a reply 206."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


class Unsatisfiable(Exception):
    """The range begins behind the end: the reply is 416."""


def span_of(header: str | None, if_range: str | None, etag: str, size: int) -> Span | None:
    """The part to send; None for all of it: no range, not understood, several, or an old `If-Range`.

    Several ranges may be answered with the whole (RFC 9110, 14.2). Raises Unsatisfiable.
    """
    match = _ONE_RANGE.match(header) if header else None
    if match is None or (if_range is not None and if_range.strip() != etag):
        return None
    first, last = match[1], match[2]
    if not first and not last:
        return None
    if first and last and int(last) < int(first):
        return None
    if not first:
        return _suffix(int(last), size)
    if int(first) >= size:
        raise Unsatisfiable
    return Span(int(first), min(int(last) + 1, size) if last else size)


def _suffix(length: int, size: int) -> Span:
    if length == 0 or size == 0:
        raise Unsatisfiable
    return Span(max(0, size - length), size)
