"""A small client of the cloud's HTTP APIs, for the demo and the end-to-end tests."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Self

import aiohttp

from bessemer_lab.errors import LabError

BAREMETAL: Final = "/v1"
COMPUTE: Final = "/compute/v2.1"
NETWORK: Final = "/network/v2.0"
IMAGE: Final = "/image/v2"

_HEADERS: Final = {
    "X-OpenStack-Ironic-API-Version": "latest",
    "X-OpenStack-Nova-API-Version": "latest",
}
_POLL_S: Final = 0.3


class ApiError(LabError):
    """The cloud refused; `status` is HTTP's, the message is the cloud's own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """Use as an async context manager. Paths start at the root of the API's one port."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=300)
        self._session = aiohttp.ClientSession(self._base_url, headers=_HEADERS, timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request; the decoded answer. Raises ApiError."""
        return await self._send(method, path, json=body)

    async def get(self, path: str) -> Any:
        """GET."""
        return await self.call("GET", path)

    async def post(self, path: str, body: Any) -> Any:
        """POST."""
        return await self.call("POST", path, body)

    async def put(self, path: str, body: Any) -> Any:
        """PUT; a 409 (the node is held for a moment) is tried again, as OpenStack's clients do."""
        return await self._patiently(lambda: self.call("PUT", path, body))

    async def delete(self, path: str) -> Any:
        """DELETE."""
        return await self.call("DELETE", path)

    async def upload(self, path: str, file: Path) -> None:
        """PUT a file's bytes."""
        headers = {"Content-Type": "application/octet-stream"}
        with file.open("rb") as content:
            await self._send("PUT", path, data=content, headers=headers)

    async def wait_for(
        self, path: str, satisfied: Callable[[Mapping[str, Any]], bool], limit_s: float
    ) -> Mapping[str, Any]:
        """Look at a resource until it is as wanted. Raises LabError, with what it was, at the limit."""
        seen: Mapping[str, Any] = {}
        try:
            async with asyncio.timeout(limit_s):
                while not satisfied(seen := await self.get(path)):  # noqa: ASYNC110 - HTTP has no events
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            words = json.dumps(seen, indent=1, default=str)[:4000]
            raise LabError(
                f"{path} did not get there within {limit_s:.0f} s; it is {words}"
            ) from None
        return seen

    async def _patiently(self, send: Callable[[], Any], tries: int = 30) -> Any:
        for _ in range(tries):
            try:
                return await send()
            except ApiError as error:
                if error.status != 409:
                    raise
            await asyncio.sleep(_POLL_S)
        return await send()

    async def _send(self, method: str, path: str, **options: Any) -> Any:
        if self._session is None:
            raise LabError("the API client is not open")
        try:
            async with self._session.request(method, path, **options) as response:
                text = await response.text()
        except aiohttp.ClientError as error:
            raise LabError(f"the cloud does not answer {method} {path}: {error}") from error
        if response.status >= 400:
            raise ApiError(response.status, f"{method} {path}: {_words(text)}")
        return json.loads(text) if text else None


def _words(text: str) -> str:
    """The message in any of the services' error bodies."""
    try:
        body = json.loads(text)
        inner = body.get("error_message", body)
        inner = json.loads(inner) if isinstance(inner, str) else inner
        found = inner.get("faultstring") or next(
            (value["message"] for value in inner.values() if isinstance(value, dict)), None
        )
        return str(found or text)
    except (ValueError, AttributeError, KeyError):
        return text
