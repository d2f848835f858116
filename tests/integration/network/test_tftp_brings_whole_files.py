"""TFTP on a port of its own: a real client (atftp), a lossy one, and some that mean harm."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from tests.integration.network.tftp_by_hand import by_hand

from bessemer.baremetal.drivers.ipxe.discovery_boot import NO_NODE
from bessemer.network.dhcp.boot_programs import BootPrograms
from bessemer.network.dhcp.failure import DhcpFailure
from bessemer.network.settings import NetworkSettings
from bessemer.network.tftp import transfer
from bessemer.network.tftp.library import Library
from bessemer.network.tftp.server import MOST_OF_ONE_CLIENT, Place, TftpServer

HERE = "127.0.0.1"
UUID = "11111111-2222-3333-4444-555555555555"
KERNEL, RAMDISK = f"boot/files/{UUID}/kernel", f"boot/files/{UUID}/ramdisk"
CONFIGURATION = "pxelinux.cfg/01-52-54-00-00-00-01"
MTU = 1500
DATA, ERROR, OPTIONS_ACK = b"\0\3", b"\0\5", b"\0\6"
NOT_FOUND, ACCESS_VIOLATION = b"\0\1", b"\0\2"


@dataclass
class Rig:
    """The server, and the files by their paths at a listener as the ramdisk's, on the same host."""

    tftp: TftpServer
    library: Library
    files: dict[str, bytes | str]
    """Content, or another path to which the listener sends on."""
    torn: set[str]
    """Paths whose content never comes whole."""

    @property
    def server(self) -> tuple[str, int]:
        return HERE, self.tftp.port


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    files: dict[str, bytes | str] = {}
    torn: set[str] = set()

    async def answer(request: web.Request) -> web.StreamResponse:
        content = files.get(request.path)
        if content is None:
            raise web.HTTPNotFound
        if isinstance(content, str):
            raise web.HTTPTemporaryRedirect(content)
        if request.path in torn:
            return await tear(request, content)
        return web.Response(body=content)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, HERE, 0)
    await site.start()
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "undionly.kpxe").write_bytes(os.urandom(70_000))
    (folder / "secret").write_text("not for TFTP")
    settings = NetworkSettings(tftp_root=folder, loader_folders=(), grub_modules=folder)
    programs = BootPrograms(settings, tmp_path / "served")
    library = Library(programs, runner.addresses[0][1])
    tftp = await TftpServer.start(library, Place(HERE, MTU), 0)
    yield Rig(tftp, library, files, torn)
    await tftp.stop()
    await library.close()
    await runner.cleanup()


async def tear(request: web.Request, content: bytes) -> web.StreamResponse:
    """Half of the content, then the end of the connection."""
    response = web.StreamResponse()
    response.content_length = len(content)
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    assert request.transport is not None
    request.transport.close()
    return response


async def atftp(rig: Rig, name: str, folder: Path, *options: str) -> bytes | None:
    """The file; None when the client says that it got none."""
    got = folder / "got"
    got.unlink(missing_ok=True)
    asked = [word for option in options for word in ("--option", option)]
    client = await asyncio.create_subprocess_exec(
        *("atftp", *asked, "--get", "-r", name, "-l", got, HERE, str(rig.tftp.port)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return got.read_bytes() if await client.wait() == 0 else None


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 1408 * 3, 200_000])
@pytest.mark.parametrize(
    "options", [(), ("blksize 1408", "tsize 0"), ("blksize 1408", "windowsize 4")]
)
async def test_a_real_client_gets_whole_files(
    rig: Rig, tmp_path: Path, size: int, options: tuple[str, ...]
) -> None:
    rig.files[f"/{KERNEL}"] = os.urandom(size)
    assert await atftp(rig, KERNEL, tmp_path, *options) == rig.files[f"/{KERNEL}"]


async def test_block_numbers_begin_again_in_a_big_file(rig: Rig, tmp_path: Path) -> None:
    rig.files[f"/{KERNEL}"] = os.urandom(70_000 * 64 + 5)
    got = await atftp(rig, KERNEL, tmp_path, "blksize 64", "windowsize 16")
    assert got == rig.files[f"/{KERNEL}"]


async def test_a_boot_program_comes_from_its_folder(rig: Rig, tmp_path: Path) -> None:
    program = (tmp_path / "programs" / "undionly.kpxe").read_bytes()
    assert await atftp(rig, "undionly.kpxe", tmp_path) == program
    assert await atftp(rig, "/undionly.kpxe", tmp_path, "blksize 1408") == program


async def test_a_machine_that_nobody_knows_gets_the_files_of_its_discovery(
    rig: Rig, tmp_path: Path
) -> None:
    rig.files[f"/boot/files/{NO_NODE}/kernel"] = b"k"
    assert await atftp(rig, f"boot/files/{NO_NODE}/kernel", tmp_path) == b"k"


async def test_pxelinux_gets_its_configuration_by_the_mac(rig: Rig, tmp_path: Path) -> None:
    rig.files["/boot/pxelinux/52-54-00-00-00-01"] = b"DEFAULT ramdisk"
    assert await atftp(rig, CONFIGURATION, tmp_path) == b"DEFAULT ramdisk"


async def test_a_file_that_lies_elsewhere_is_fetched_there(rig: Rig, tmp_path: Path) -> None:
    rig.files |= {f"/{RAMDISK}": "/object-store/i?signature=1", "/object-store/i": b"r" * 9999}
    assert await atftp(rig, RAMDISK, tmp_path) == b"r" * 9999


async def test_a_torn_file_is_an_error_and_never_a_short_file(rig: Rig) -> None:
    rig.files[f"/{RAMDISK}"] = bytes(200_000)
    rig.torn.add(f"/{RAMDISK}")
    with by_hand(rig.server) as client:
        answer = await client.ask(RAMDISK, "blksize", "1408")
        number = 0
        while answer[:2] != ERROR:
            assert number == 0 or len(answer) == len(DATA) + 2 + 1408
            client.acknowledge(number)
            answer = await client.hear()
            number += 1
    assert b"could not be fetched" in answer


@pytest.mark.parametrize(
    "name",
    [
        *("secret", "../programs/secret", "/etc/passwd", "boot/files/../../v1/nodes", ""),
        *(
            "undionly.kpxe/",
            f"{KERNEL}?a=b",
            f"{KERNEL}/..",
            f"http://evil/{KERNEL}",
            f"{KERNEL}\n",
        ),
        *("pxelinux.cfg/default", "pxelinux.cfg/01-52-54-00-00-00-0g", "a" * 400, "\r\nGET /"),
    ],
)
async def test_nothing_else_is_served(rig: Rig, name: str) -> None:
    rig.files[f"/{KERNEL}"] = b"k"
    with by_hand(rig.server) as client:
        assert (await client.ask(name))[:4] == ERROR + NOT_FOUND


async def test_nothing_is_written(rig: Rig) -> None:
    with by_hand(rig.server) as client:
        client.say(b"\0\2undionly.kpxe\0octet\0")
        assert (await client.hear())[:4] == ERROR + ACCESS_VIOLATION


async def test_what_is_lost_comes_again_and_what_comes_twice_does_not_multiply(rig: Rig) -> None:
    content = rig.files[f"/{KERNEL}"] = os.urandom(1500)
    with by_hand(rig.server) as client:
        first = await client.ask(KERNEL)
        assert await client.hear() == first, "its acknowledgement was lost"
        got = first[4:]
        for number in (1, 1, 1, 2):
            client.acknowledge(number)
        for expected in (2, 3):
            block = await client.hear()
            assert block[:4] == DATA + expected.to_bytes(2, "big"), "each once"
            got += block[4:]
        client.acknowledge(3)
    assert got == content


async def test_a_client_that_falls_silent_is_given_up(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "WAITS", (0.1, 0.1))
    with by_hand(rig.server) as client:
        assert await client.ask("undionly.kpxe") == await client.hear()
        with pytest.raises(TimeoutError):
            await client.hear(within_s=0.5)
        client.acknowledge(1)
        with pytest.raises(TimeoutError):
            await client.hear(within_s=0.5)


async def test_a_window_goes_on_from_the_block_that_was_missed(rig: Rig) -> None:
    rig.files[f"/{KERNEL}"] = bytes(512 * 20)
    with by_hand(rig.server) as client:
        assert (await client.ask(KERNEL, "windowsize", "4"))[:2] == OPTIONS_ACK
        for acknowledged, expected in ((0, [1, 2, 3, 4]), (2, [3, 4, 5, 6]), (2, [3, 4, 5, 6])):
            client.acknowledge(acknowledged)
            blocks = [await client.hear() for _ in range(4)]
            assert [int.from_bytes(block[2:4], "big") for block in blocks] == expected


async def test_blocks_stay_within_one_frame(rig: Rig) -> None:
    rig.files[f"/{KERNEL}"] = bytes(5000)
    with by_hand(rig.server) as client:
        assert await client.ask(KERNEL, "blksize", "65464") == OPTIONS_ACK + b"blksize\x001468\0"


async def test_a_machine_that_was_reset_begins_anew_at_once(rig: Rig) -> None:
    rig.files[f"/{KERNEL}"] = bytes(5000)
    with by_hand(rig.server) as client:
        first = await client.ask(KERNEL)
        client.acknowledge(1)
        assert (await client.hear())[2:4] == b"\0\2"
        assert await client.ask(KERNEL) == first


async def test_a_stranger_cannot_meddle_with_a_transfer(rig: Rig) -> None:
    rig.files[f"/{KERNEL}"] = bytes(1000)
    with by_hand(rig.server) as client, by_hand(rig.server) as stranger:
        await client.ask(KERNEL)
        stranger.peer = client.peer
        stranger.say(ERROR + b"\0\0die\0")
        client.acknowledge(1)
        assert (await client.hear())[:4] == DATA + b"\0\2"


@pytest.mark.parametrize("answer", [b"", b"\0", b"\0\4", b"\0\4\xff\xff", b"\xff" * 3000])
async def test_nonsense_in_the_middle_changes_nothing(rig: Rig, answer: bytes) -> None:
    rig.files[f"/{KERNEL}"] = bytes(1000)
    with by_hand(rig.server) as client:
        await client.ask(KERNEL)
        client.say(answer)
        client.acknowledge(1)
        assert (await client.hear())[:4] == DATA + b"\0\2"


async def test_one_machine_cannot_take_every_place(rig: Rig, tmp_path: Path) -> None:
    with ExitStack() as clients:
        for _ in range(MOST_OF_ONE_CLIENT):
            client = clients.enter_context(by_hand(rig.server, "127.0.0.2"))
            assert (await client.ask("undionly.kpxe"))[:2] == DATA
        late = clients.enter_context(by_hand(rig.server, "127.0.0.2"))
        late.request("undionly.kpxe")
        assert await atftp(rig, "undionly.kpxe", tmp_path) is not None
        with pytest.raises(TimeoutError):
            await late.hear(within_s=0.2)


async def test_a_port_that_is_taken_is_named(rig: Rig) -> None:
    with pytest.raises(DhcpFailure, match="Address already in use"):
        await TftpServer.start(rig.library, Place(HERE, MTU), rig.tftp.port)
