"""What a conductor itself fetches for a deploy: images, templates, config drives."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import aiohttp

from bessemer.baremetal.drivers.agent.words import MIB
from bessemer.baremetal.drivers.users_urls import Bounds, fetched
from bessemer.baremetal.interfaces.task import Task
from bessemer.errors import Invalid, Transient
from bessemer_formats import config_drive
from bessemer_formats.config_drive import MAX_ENCODED_BYTES

_PIECE: Final = MIB
_SILENCE: Final = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)


class NotDownloaded(Transient):
    """The server of an image or a file did not answer, or broke off."""


async def pieces(url: str, bounds: Bounds, what: str = "image") -> AsyncIterator[bytes]:
    """The body, bit by bit. `bounds`: whither it may go.

    Raises NotDownloaded, and Invalid when the server has no such thing.
    """
    try:
        async with fetched(url, bounds, _SILENCE) as response:
            if response.status != 200:
                raise Invalid(f"The {what}'s server answered with HTTP status {response.status}.")
            async for piece in response.content.iter_chunked(_PIECE):
                yield piece
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        # Never the error's own text: it may hold the URL, and that may hold a signature.
        raise NotDownloaded(
            f"The {what} could not be downloaded ({type(error).__name__})."
        ) from None


async def small_file(url: str, bounds: Bounds, what: str, limit_bytes: int) -> bytes:
    """All of a file that fits into memory. Raises NotDownloaded, Invalid."""
    collected = bytearray()
    async for piece in pieces(url, bounds, what):
        collected += piece
        if len(collected) > limit_bytes:
            raise Invalid(f"The {what} is larger than {limit_bytes} bytes.")
    return bytes(collected)


async def config_drive_of(task: Task, bounds: Bounds) -> bytes | None:
    """The config drive's file system. Raises NotDownloaded, Invalid, UnsafeImage."""
    drive = await task.config_drive()
    if drive is None:
        return None
    is_url = drive.startswith(("http://", "https://"))
    packed = (
        await small_file(drive, bounds, "config drive", MAX_ENCODED_BYTES)
        if is_url
        else drive.encode()
    )
    return await asyncio.to_thread(config_drive.unpacked, packed)
