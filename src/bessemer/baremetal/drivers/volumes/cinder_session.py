"""A login to an OpenStack cloud (Identity API v3), and calls of its volume API in that name."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from bessemer.baremetal.cinder_settings import CinderSettings
from bessemer.errors import Conflict, Transient
from bessemer.service_account import password_login, trusted

SERVICE_TYPES: Final = ("block-storage", "volumev3", "block-store")
"""Of the volume API in catalogues, old and new: https://service-types.openstack.org"""
VERSION: Final = {"OpenStack-API-Version": "volume 3.44"}
"""The first microversion that completes attachments."""
LARGEST_ANSWER: Final = 4 * 1024 * 1024
_LONGEST_REASON: Final = 300


class CinderRefused(Conflict):
    """Cinder understood, and will not do it. `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class CinderSession:
    """One token for all calls, fetched anew when it has run out. Redirects are not followed.

    Raises ConfigurationError for certificates that cannot be read.
    """

    def __init__(self, settings: CinderSettings) -> None:
        self._settings = settings
        self._trusted = trusted(settings.ca_file, "baremetal.cinder.ca_file")
        self._logging_in = asyncio.Lock()
        self._login: tuple[str, str] | None = None  # token, URL of the volume API
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """The answer's body. Raises CinderRefused, Transient."""
        login = self._login or await self._log_in(None)
        for _ in range(2):
            token, url = login
            headers = {**VERSION, "X-Auth-Token": token}
            status, answer, _ = await self._send(method, f"{url}{path}", headers, body)
            if status != 401:
                break
            login = await self._log_in(login)
        if status >= 500 or status == 429:
            raise Transient(f"Cinder answers {status} to {method} {path}: {_reason(answer)}")
        if not 200 <= status < 300:
            raise CinderRefused(
                status, f"Cinder refuses {method} {path} ({status}): {_reason(answer)}."
            )
        return answer

    async def _log_in(self, stale: tuple[str, str] | None) -> tuple[str, str]:
        """Only one call at a time fetches a token."""
        async with self._logging_in:
            if self._login is not None and self._login != stale:
                return self._login
            url = f"{str(self._settings.auth_url).rstrip('/')}/auth/tokens"
            status, answer, token = await self._send(
                "POST", url, {}, password_login(self._settings)
            )
            if status >= 500:
                raise Transient(f"The identity service {url} answers {status}.")
            if status != 201 or token is None:
                raise CinderRefused(
                    status,
                    f"The identity service {url} does not let this server in (status {status}): "
                    "check baremetal.cinder.",
                )
            self._login = (token, self._volume_api(answer))
            return self._login

    def _volume_api(self, answer: Mapping[str, Any]) -> str:
        if self._settings.url is not None:
            return str(self._settings.url).rstrip("/")
        catalogue = answer.get("token", {}).get("catalog", [])
        for service in catalogue:
            for endpoint in service.get("endpoints", []):
                here = self._settings.region in (None, endpoint.get("region"))
                public = endpoint.get("interface") == "public"
                if service.get("type") in SERVICE_TYPES and public and here:
                    return str(endpoint["url"]).rstrip("/")
        raise CinderRefused(
            404, "The identity service knows no volume API: set baremetal.cinder.url or .region."
        )

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> tuple[int, Mapping[str, Any], str | None]:
        try:
            async with self._connected().request(
                method, url, headers=headers, json=body, allow_redirects=False
            ) as answer:
                raw = await answer.content.read(LARGEST_ANSWER)
                return answer.status, _parsed(raw), answer.headers.get("X-Subject-Token")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Transient(f"{url} does not answer: {error or type(error).__name__}.") from error

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._trusted),
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout.total_seconds()),
            )
        return self._session


def _parsed(raw: bytes) -> Mapping[str, Any]:
    """A JSON object; what is none is as good as nothing."""
    try:
        found = json.loads(raw) if raw else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _reason(answer: Mapping[str, Any]) -> str:
    """Errors are `{"<name>": {"code": …, "message": …}}`."""
    first = next(iter(answer.values()), None)
    message = first.get("message") if isinstance(first, Mapping) else None
    return str(message or "no reason given")[:_LONGEST_REASON].rstrip(".")
