"""The conductor as a fleet's agents see it: lookup and heartbeat on the ramdisk's listener."""

import asyncio
from typing import Any, Final

import aiohttp

from bessemer_wire import Heartbeat, LookupReply, Malformed

_HEADERS: Final = {"X-OpenStack-Ironic-API-Version": "1.68"}
_AT_ONCE: Final = 64
_LIMIT_S: Final = 60.0


class NotNow(Exception):
    """It did not answer as hoped; trying again may help."""


class ConductorClient:
    """One for all agents; `close` it."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def look_up(self, mac: str) -> LookupReply:
        """Raises NotNow."""
        try:
            return LookupReply.from_json(await self._ask("GET", f"/v1/lookup?addresses={mac}"))
        except Malformed as error:
            raise NotNow(str(error)) from None

    async def heartbeat(self, node_uuid: str, beat: Heartbeat) -> None:
        """Raises NotNow."""
        await self._ask("POST", f"/v1/heartbeat/{node_uuid}", beat.as_json())

    async def close(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()

    async def _ask(self, method: str, path: str, body: object = None) -> Any:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=_LIMIT_S)
            self._session = aiohttp.ClientSession(headers=_HEADERS, timeout=timeout)
        try:
            async with (
                self._slots,
                self._session.request(method, self._url + path, json=body) as answer,
            ):
                if answer.status >= 400:
                    raise NotNow(f"{method} {path.partition('?')[0]} answers {answer.status}")
                return await answer.json() if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise NotNow(f"{method} {path.partition('?')[0]}: {type(error).__name__}") from None
