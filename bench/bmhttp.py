"""Small asyncio HTTP/1.1 client (standard library only) for the load scripts.

Keep-alive connections in a pool; understands Content-Length, chunked bodies and servers that close
after every answer (counted in `reconnects`). Only loopback addresses are taken, so that a bench
never loads somebody else's service.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
FRESH_S: Final = 4.0
"""Servers drop idle connections (cheroot: after 10 s), so older ones are not used again."""
_LONGEST_LINE: Final = 1 << 22

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply, and the seconds from the first byte sent to the last one read."""

    status: int
    payload: bytes
    seconds: float

    @property
    def body(self) -> Any:
        """The JSON; None when there is none."""
        try:
            return json.loads(self.payload) if self.payload else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class _Head:
    status: int
    length: int | None
    chunked: bool
    closes: bool


class Client:
    """Requests to one base URL; `max_connections` at once (0: no limit)."""

    def __init__(
        self,
        base_url: str,
        microversion: str = "1.95",
        timeout_s: float = 60.0,
        max_connections: int = 0,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK:
            raise SystemExit(f"loopback http:// addresses only, got {base_url!r}")
        self._host, self._port = parts.hostname, parts.port or 80
        self._prefix = parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._gate = asyncio.Semaphore(max_connections) if max_connections else None
        self._idle: list[tuple[Stream, float]] = []
        self.reconnects = 0
        headers = {
            "Host": f"{self._host}:{self._port}",
            "Accept": "application/json",
            "X-OpenStack-Ironic-API-Version": microversion,
            "OpenStack-API-Version": f"baremetal {microversion}",
            "User-Agent": "bmbench",
        }
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    async def request(self, method: str, path: str, body: Any = None) -> Answer:
        """Send it when it is its turn. Raises ConnectionError, TimeoutError."""
        if self._gate is None:
            return await self.request_now(method, path, body)
        async with self._gate:
            return await self.request_now(method, path, body)

    async def request_now(self, method: str, path: str, body: Any = None) -> Answer:
        """Send it without waiting for a turn."""
        message = self._message(method, path, body)
        began = time.perf_counter()
        try:
            answered = await self._exchange(method, message, used=True)
        except (ConnectionError, asyncio.IncompleteReadError):
            # a kept-alive connection that the server had dropped: once more, on a new one
            answered = await self._exchange(method, message, used=False)
        return Answer(*answered, time.perf_counter() - began)

    def close(self) -> None:
        """Let go of every idle connection."""
        for (_, writer), _ in self._idle:
            writer.close()
        self._idle = []

    def _message(self, method: str, path: str, body: Any) -> bytes:
        data = b"" if body is None else json.dumps(body).encode()
        if path.startswith("http://"):
            parts = urlsplit(path)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            path = path.removeprefix(self._prefix)
        kind = "" if body is None else "Content-Type: application/json\r\n"
        head = f"{method} {self._prefix}{path} HTTP/1.1\r\n{self._headers}{kind}"
        return f"{head}Content-Length: {len(data)}\r\n\r\n".encode("latin1") + data

    async def _exchange(self, method: str, message: bytes, *, used: bool) -> tuple[int, bytes]:
        reader, writer = await self._stream(used)
        try:
            writer.write(message)
            async with asyncio.timeout(self._timeout_s):
                head = await _read_head(reader)
                payload = await _read_body(reader, head, method)
        except BaseException:
            writer.close()
            raise
        if head.closes or (head.length is None and not head.chunked and head.status != 204):
            writer.close()
        else:
            self._idle.append(((reader, writer), time.perf_counter()))
        return head.status, payload

    async def _stream(self, used: bool) -> Stream:
        while used and self._idle:
            (reader, writer), since = self._idle.pop()
            if time.perf_counter() - since < FRESH_S and not reader.at_eof():
                return reader, writer
            writer.close()
        self.reconnects += 1
        return await asyncio.open_connection(self._host, self._port, limit=_LONGEST_LINE)


async def _read_head(reader: asyncio.StreamReader) -> _Head:
    line = await reader.readline()
    if not line:
        raise ConnectionResetError("closed before the status line")
    parts = line.split(None, 2)
    headers: dict[bytes, bytes] = {}
    while (header := await reader.readline()) not in (b"\r\n", b"\n", b""):
        name, _, value = header.partition(b":")
        headers[name.strip().lower()] = value.strip().lower()
    connection = headers.get(b"connection")
    length = headers.get(b"content-length")
    return _Head(
        status=int(parts[1]),
        length=None if length is None else int(length),
        chunked=b"chunked" in headers.get(b"transfer-encoding", b""),
        closes=connection == b"close" or (parts[0] == b"HTTP/1.0" and connection != b"keep-alive"),
    )


async def _read_body(reader: asyncio.StreamReader, head: _Head, method: str) -> bytes:
    if head.status in (204, 304) or method == "HEAD":
        return b""
    if head.chunked:
        return await _read_chunks(reader)
    if head.length is not None:
        return await reader.readexactly(head.length)
    return await reader.read()


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    pieces: list[bytes] = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        pieces.append(await reader.readexactly(size))
        await reader.readexactly(2)
    while (await reader.readline()) not in (b"\r\n", b"\n", b""):
        pass
    return b"".join(pieces)


def percentile(ordered: Sequence[float], percent: float) -> float | None:
    """The value below which so many percent of the ordered ones lie."""
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, max(0, round(percent / 100 * (len(ordered) - 1))))]


def summary(
    latencies: Sequence[float],
    wall_s: float,
    errors: int = 0,
    codes: Mapping[Any, int] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One step's figures; `codes` counts the answers by status."""
    ordered = sorted(latencies)
    mean = sum(ordered) / len(ordered) if ordered else None
    told: dict[str, Any] = {
        "count": len(ordered),
        "wall_s": round(wall_s, 3),
        "ops_per_s": round(len(ordered) / wall_s, 1) if wall_s else None,
        "mean_ms": _ms(mean),
        "p50_ms": _ms(percentile(ordered, 50)),
        "p95_ms": _ms(percentile(ordered, 95)),
        "p99_ms": _ms(percentile(ordered, 99)),
        "max_ms": _ms(ordered[-1] if ordered else None),
        "errors": errors,
    }
    if codes:
        told["codes"] = {str(code): codes[code] for code in sorted(codes, key=str)}
    return {**told, **more}


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)
