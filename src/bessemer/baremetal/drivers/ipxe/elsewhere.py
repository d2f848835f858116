"""Kernels and ramdisks on other servers, passed on to machines that can fetch from us only."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final

import aiohttp
from starlette.responses import StreamingResponse

from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.baremetal.drivers.users_urls import Bounds, fetched
from bessemer.errors import Transient

_SILENCE: Final = aiohttp.ClientTimeout(total=None, connect=10, sock_read=30)
_PIECE: Final = 64 << 10
_UNPACKED: Final = {"Accept-Encoding": "identity"}


async def passed_on(url: str, bounds: Bounds) -> StreamingResponse:
    """The file as it comes; `bounds`: whither we go for it. Raises FetchRefused, Transient."""
    async with AsyncExitStack() as opened:
        try:
            asked = fetched(url, bounds, _SILENCE, headers=_UNPACKED)
            response = await opened.enter_async_context(asked)
            response.raise_for_status()
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = quoted(str(error) or repr(error), 200)
            raise Transient(f"A boot file could not be fetched: {reason}.") from error
        size = response.content_length
        headers = {"Content-Length": str(size)} if size is not None else None
        return StreamingResponse(_pieces(response, opened.pop_all()), headers=headers)


async def _pieces(response: aiohttp.ClientResponse, opened: AsyncExitStack) -> AsyncIterator[bytes]:
    async with opened:
        async for piece in response.content.iter_chunked(_PIECE):
            yield piece
