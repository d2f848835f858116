"""What TFTP serves: the boot programs, and what a booting node was told to fetch.

A name is one of a program, or of a pattern that leads to the ramdisk's listener; nothing else is
ever opened, so no name can lead elsewhere.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Final

import aiohttp
import structlog

from bessemer.network.dhcp.boot_programs import BootPrograms
from bessemer.network.tftp.packets import NOT_FOUND, UNDEFINED, Refused
from bessemer.network.tftp.transfer import Source

log = structlog.get_logger()

_AT_LISTENER: Final = (
    (r"pxelinux\.cfg/01-([0-9a-f]{2}(?:-[0-9a-f]{2}){5})", r"/boot/pxelinux/\1"),
    (r"(boot/files/[a-z0-9-]{1,36}/(?:kernel|ramdisk))", r"/\1"),
)
"""Names as PXELINUX makes them of a MAC, and as its configuration gives them to it."""

_PIECE: Final = 64 << 10
_NOT_FOUND: Final = Refused(NOT_FOUND, "There is no such file now")
_PATIENCE: Final = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=30)


class Library:
    """`listener_port`: of the ramdisk's listener, which is reached where the client reached TFTP.

    None: there is no listener, and nothing but boot programs.
    """

    def __init__(self, programs: BootPrograms, listener_port: int | None) -> None:
        self._programs = programs
        self._port = listener_port
        self._opened: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def open(self, name: str, address: str) -> AsyncIterator[Source]:
        """The file; `address` is the one that the client asked. Raises Refused."""
        name = name.lstrip("/")
        path = await self._programs.find(name)
        if path is not None:
            async with _file(path) as source:
                yield source
            return
        try:
            async with self._session.get(self._url(name, address)) as response:
                _check(response)
                pieces = response.content.iter_chunked(_PIECE)
                yield Source(aiter(pieces), response.content_length)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("tftp.listener_failed", name=name, reason=str(error) or repr(error))
            raise Refused(UNDEFINED, "The file could not be fetched") from error

    async def close(self) -> None:
        """End what is open."""
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    def _url(self, name: str, address: str) -> str:
        for pattern, path in _AT_LISTENER:
            found = re.fullmatch(pattern, name)
            if found and self._port is not None:
                return f"http://{address}:{self._port}{found.expand(path)}"
        raise _NOT_FOUND

    @property
    def _session(self) -> aiohttp.ClientSession:
        """As many connections as there are transfers; a file comes as it is, never packed."""
        if self._opened is None:
            self._opened = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                headers={"Accept-Encoding": "identity"},
                timeout=_PATIENCE,
            )
        return self._opened


def _check(response: aiohttp.ClientResponse) -> None:
    if response.status in {400, 404}:
        raise _NOT_FOUND
    if response.status != 200:
        raise Refused(UNDEFINED, f"The file's server answered {response.status}")


@asynccontextmanager
async def _file(path: Path) -> AsyncIterator[Source]:
    file = await asyncio.to_thread(path.open, "rb")
    with file:
        yield Source(_pieces(file), os.fstat(file.fileno()).st_size)


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, _PIECE):
        yield piece
