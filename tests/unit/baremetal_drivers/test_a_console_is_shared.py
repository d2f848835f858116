"""The TCP side of a serial console, with a line that the test holds in its hands."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bessemer.baremetal.drivers.ipmi.shared_console import SharedConsole
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import HardwareFailure

PATIENCE_S = 20


class HeldLine:
    """Says what the test wants, and keeps what was typed."""

    def __init__(self) -> None:
        self.says: asyncio.Queue[bytes] = asyncio.Queue()
        self.typed: asyncio.Queue[bytes] = asyncio.Queue()
        self.closed = asyncio.Event()

    async def read(self) -> bytes:
        return await self.says.get()

    def write(self, typed: bytes) -> None:
        self.typed.put_nowait(typed)

    async def close(self) -> None:
        self.closed.set()


class Lines:
    """Every line that was opened; the one to come may be an error."""

    def __init__(self) -> None:
        self.opened: asyncio.Queue[HeldLine] = asyncio.Queue()
        self.error: HardwareFailure | None = None

    async def open(self) -> HeldLine:
        if self.error is not None:
            raise self.error
        line = HeldLine()
        self.opened.put_nowait(line)
        return line


@asynccontextmanager
async def listening(lines: Lines) -> AsyncIterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    console = SharedConsole(lines.open)
    await console.listen("127.0.0.1", port)
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield port
    finally:
        await console.close()


async def test_the_line_is_open_only_while_somebody_is_there() -> None:
    lines = Lines()
    async with listening(lines) as port:
        assert lines.opened.empty()
        for _ in range(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            line = await lines.opened.get()
            line.says.put_nowait(b"hello")
            assert await reader.readexactly(5) == b"hello"
            writer.write(b"typed")
            assert await line.typed.get() == b"typed"
            writer.close()
            await line.closed.wait()


async def test_a_line_that_ends_is_opened_again() -> None:
    lines = Lines()
    async with listening(lines) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        first = await lines.opened.get()
        first.says.put_nowait(b"")
        await reader.readuntil(b"opened again in 1 s]\r\n")
        second = await lines.opened.get()
        assert first.closed.is_set()
        second.says.put_nowait(b"back")
        assert await reader.readexactly(4) == b"back"
        writer.close()


async def test_a_line_that_cannot_be_had_is_told_and_may_be_tried_again() -> None:
    lines = Lines()
    lines.error = HardwareFailure("The BMC says no.")
    async with listening(lines) as port:
        reader, refused = await asyncio.open_connection("127.0.0.1", port)
        assert b"[console: The BMC says no.]" in await reader.read()
        refused.close()
        lines.error = None
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        await lines.opened.get()
        writer.close()


async def talk_for_ever(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"still there?")
        await writer.drain()


async def test_who_does_not_read_is_cut_off_and_holds_nobody_up() -> None:
    lines = Lines()
    async with listening(lines) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        _, lazy = await asyncio.open_connection("127.0.0.1", port)
        lazy.transport.pause_reading()  # type: ignore[attr-defined]
        line = await lines.opened.get()
        piece, seen = b"x" * 65536, 0
        for _ in range(400):
            line.says.put_nowait(piece)
            seen += len(await reader.readexactly(len(piece)))
        assert seen == 400 * len(piece)
        lazy.transport.resume_reading()  # type: ignore[attr-defined]
        with pytest.raises(ConnectionError):
            await talk_for_ever(lazy)
        lazy.close()
        writer.close()


@pytest.mark.parametrize("text", ["", "10000", "10000-20000", "0:5", "20:10", "1:70000", "a:b"])
def test_port_ranges_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be FIRST:LAST"):
        BareMetalSettings(console_port_range=text)


def test_a_port_range_holds_both_its_ends() -> None:
    ports = BareMetalSettings(console_port_range="7:9").console_ports
    assert list(ports) == [7, 8, 9]
