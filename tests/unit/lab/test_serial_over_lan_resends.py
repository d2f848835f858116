"""Serial over LAN, packet by packet."""

import asyncio

import pytest

from bessemer_lab.bmc import sol
from bessemer_lab.bmc.sol import LARGEST, SerialOverLan


class Client:
    """What a client sees, and types."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.typed = b""
        self.closed = asyncio.Event()
        self.console = SerialOverLan(self.packets.append, self._type, self._close)

    def _type(self, data: bytes) -> None:
        self.typed += data

    def _close(self) -> None:
        self.closed.set()


async def test_output_waits_for_its_acknowledgement() -> None:
    client = Client()
    client.console.said(b"one")
    client.console.said(b"two")
    assert client.packets == [b"\x01\0\0\0one"]
    client.console.received(b"\0\x01\x03\0")
    assert client.packets[1:] == [b"\x02\0\0\0two"]
    client.console.close()


async def test_long_output_is_cut() -> None:
    client = Client()
    client.console.said(b"x" * (LARGEST + 1))
    client.console.received(bytes([0, 1, LARGEST, 0]))
    assert [len(packet) - 4 for packet in client.packets] == [LARGEST, 1]
    client.console.close()


async def test_what_was_refused_is_sent_again() -> None:
    client = Client()
    client.console.said(b"abcdef")
    client.console.received(bytes([0, 1, 2, sol.NACK]))
    assert client.packets[-1] == b"\x02\0\0\0cdef"
    client.console.close()


async def test_an_acknowledgement_of_something_else_changes_nothing() -> None:
    client = Client()
    client.console.said(b"one")
    client.console.received(b"\0\x07\x03\0")
    client.console.said(b"two")
    assert len(client.packets) == 1
    client.console.close()


async def test_a_repeated_packet_is_typed_once_and_acknowledged_twice() -> None:
    client = Client()
    for _ in range(2):
        client.console.received(b"\x05\0\0\0hi")
    client.console.received(b"\x06\0\0\0!")
    assert client.typed == b"hi!"
    assert client.packets == [b"\0\x05\x02\0", b"\0\x05\x02\0", b"\0\x06\x01\0"]


async def test_a_client_that_is_gone_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sol, "RETRY_S", 0.001)
    client = Client()
    client.console.said(b"hello?")
    async with asyncio.timeout(5):
        await client.closed.wait()
    assert client.packets == [b"\x01\0\0\0hello?"] * sol.MOST_TRIES


async def test_a_short_packet_is_ignored() -> None:
    client = Client()
    client.console.received(b"\x01")
    assert client.packets == []
