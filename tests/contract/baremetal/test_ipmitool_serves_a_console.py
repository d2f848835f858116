"""The serial console over TCP against a BMC that speaks Serial over LAN."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.contract.baremetal.bmc_of_test import bmc, node_with_bmc
from tests.contract.baremetal.console_contract import ConsoleContract

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.ipmi.access import access_of
from bessemer.baremetal.drivers.ipmi.attempts import Attempts
from bessemer.baremetal.drivers.ipmi.console import IpmitoolConsole
from bessemer.baremetal.drivers.ipmi.ipmitool import Ipmitool
from bessemer.baremetal.drivers.ipmi.shared_console import MOST_CLIENTS
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Conflict, Invalid

SETTINGS = BareMetalSettings(
    ipmi_retry_timeout=timedelta(seconds=20), console_port_range="21000:21999"
)
PATIENCE_S = 30


@pytest.fixture
async def console() -> AsyncIterator[IpmitoolConsole]:
    made = IpmitoolConsole(Ipmitool(Attempts(SETTINGS), SETTINGS.ipmitool_at_once), SETTINGS)
    yield made
    for uuid in tuple(made._running):
        await made.stop_console(replace(node_with_bmc(1), uuid=uuid))


@pytest.fixture
def node() -> Iterator[Node]:
    with ExitStack() as stack:
        yield node_with_bmc(stack.enter_context(bmc()))


class TestIpmitoolConsole(ConsoleContract):
    """The contract."""


class Client:
    """Somebody at a terminal."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def sees(self, words: bytes) -> bytes:
        """Everything up to and with these words."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readuntil(words)

    async def is_cut_off(self) -> bytes:
        """What came before the end."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.read()

    def types(self, words: bytes) -> None:
        self.writer.write(words)


@contextlib.asynccontextmanager
async def client_of(console: IpmitoolConsole, node: Node) -> AsyncIterator[Client]:
    info = await console.get_console(node)
    assert info.type == "socat"
    where = urlsplit(info.url)
    assert where.scheme == "tcp"
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


async def test_what_the_machine_says_is_seen_and_what_is_typed_reaches_it(
    console: IpmitoolConsole, node: Node
) -> None:
    await console.start_console(node)
    async with client_of(console, node) as client:
        await client.sees(b"login: ")
        client.types(b"root\r~.still here\r")
        seen = await client.sees(b"STILL HERE\r")
        assert seen.startswith(b"ROOT\r~.")


async def test_everybody_sees_the_same(console: IpmitoolConsole, node: Node) -> None:
    await console.start_console(node)
    async with client_of(console, node) as first, client_of(console, node) as second:
        await first.sees(b"login: ")
        first.types(b"hello")
        await first.sees(b"HELLO")
        second.types(b"world")
        await first.sees(b"WORLD")
        await second.sees(b"WORLD")


async def test_who_comes_back_finds_the_line_free(console: IpmitoolConsole, node: Node) -> None:
    await console.start_console(node)
    for _ in range(2):
        async with client_of(console, node) as client:
            await client.sees(b"login: ")


async def test_a_session_left_behind_by_a_dead_process_is_taken_over(
    console: IpmitoolConsole, node: Node
) -> None:
    await console.start_console(node)
    async with client_of(console, node) as client:
        await client.sees(b"login: ")
        other = IpmitoolConsole(Ipmitool(Attempts(SETTINGS), SETTINGS.ipmitool_at_once), SETTINGS)
        await other.start_console(node)
        async with client_of(other, node) as thief:
            await thief.sees(b"login: ")
        await other.stop_console(node)


async def test_starting_twice_keeps_the_port_and_stopping_twice_is_fine(
    console: IpmitoolConsole, node: Node
) -> None:
    await console.start_console(node)
    info = await console.get_console(node)
    await console.start_console(node)
    assert await console.get_console(node) == info
    async with client_of(console, node) as client:
        await client.sees(b"login: ")
        for _ in range(2):
            await console.stop_console(node)
        await client.is_cut_off()
    with pytest.raises(Conflict):
        await console.get_console(node)
    await console.start_console(node)
    assert await console.get_console(node) == info


async def test_a_wrong_password_is_told_to_who_connects_and_never_shown(
    console: IpmitoolConsole, node: Node
) -> None:
    info = {**node.driver_info, "ipmi_password": Secret("hunter2")}
    wrong = replace(node, driver_info=info)
    await console.start_console(wrong)
    async with client_of(console, wrong) as client:
        said = await client.is_cut_off()
    assert b"wrong password" in said
    assert b"hunter2" not in said


async def test_a_bmc_without_a_console_is_told_of(console: IpmitoolConsole) -> None:
    with bmc(has_console=False) as port:
        node = node_with_bmc(port)
        await console.start_console(node)
        async with client_of(console, node) as client:
            await client.sees(b"[console: the line has ended; it is opened again in 1 s]")


async def test_there_is_an_end_to_who_may_connect(console: IpmitoolConsole, node: Node) -> None:
    await console.start_console(node)
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(client_of(console, node))
        await first.sees(b"login: ")
        for _ in range(MOST_CLIENTS - 1):
            await stack.enter_async_context(client_of(console, node))
        one_more = await stack.enter_async_context(client_of(console, node))
        assert b"are connected already" in await one_more.is_cut_off()


async def test_a_port_of_ones_own(console: IpmitoolConsole, node: Node) -> None:
    with contextlib.closing(await asyncio.start_server(print, "127.0.0.1", 0)) as taken:
        port = taken.sockets[0].getsockname()[1]
        info = {**node.driver_info, "ipmi_terminal_port": port}
        wanting = replace(node, driver_info=info)
        with pytest.raises(Conflict, match=f"port {port} .driver_info.ipmi_terminal_port"):
            await console.start_console(wanting)
        taken.close()
        await taken.wait_closed()
        await console.start_console(wanting)
        assert (await console.get_console(wanting)).url == f"tcp://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({"ipmi_protocol_version": "1.5"}, "must be 2.0 for a console"),
        ({"ipmi_terminal_port": "70000"}, "ipmi_terminal_port must be a number"),
        ({"ipmi_address": ""}, "ipmi_address is required"),
    ],
)
def test_what_a_console_lacks_is_named(info: dict[str, Any], words: str) -> None:
    console = IpmitoolConsole(Ipmitool(Attempts(SETTINGS), SETTINGS.ipmitool_at_once), SETTINGS)
    with pytest.raises(Invalid, match=words):
        console.validate(node_with_bmc(623, **info), ())
    assert access_of(node_with_bmc(623)).terminal_port is None
