"""Tokens of an external Keystone: validated there with credentials of our own, remembered briefly."""

import asyncio
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
import structlog

from bessemer.context import RequestContext
from bessemer.errors import Unavailable
from bessemer.service_account import password_login, trusted
from bessemer.web.settings import NO_TIME, KeystoneSettings

log = structlog.get_logger()

REMEMBERED: Final = 10_000
MAX_TOKEN: Final = 8192
"""Characters of the longest token that is worth asking about."""
MAX_ANSWER: Final = 1024 * 1024
_AWAY: Final = "Nobody can log in: the identity service {url} {why}. Try again later."


@dataclass(frozen=True, slots=True)
class _Known:
    context: RequestContext
    until: float
    """Moment of the monotonic clock."""


class Keystone:
    """Asks one Keystone (API v3) who a token belongs to.

    Our own token goes to the configured address and nowhere else: redirects are not followed.
    Raises ConfigurationError for certificates that cannot be read.
    """

    def __init__(self, settings: KeystoneSettings) -> None:
        self._settings = settings
        self._tokens_url = f"{str(settings.url).rstrip('/')}/auth/tokens"
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._own_token: str | None = None
        self._logging_in = asyncio.Lock()
        self._trusted = trusted(settings.ca_file, "authentication.keystone.ca_file")
        self._session: aiohttp.ClientSession | None = None

    async def validate(self, token: str) -> RequestContext | None:
        """Whose it is; None for an unknown, expired or unscoped one. Raises Unavailable."""
        if not token or len(token) > MAX_TOKEN or not token.isascii() or not token.isprintable():
            return None
        key = hashlib.sha256(token.encode()).digest()
        known = self._known.get(key)
        if known is not None and known.until > time.monotonic():
            return known.context
        self._known.pop(key, None)
        body = await self._ask(token)
        return None if body is None else self._remember(key, body)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _ask(self, token: str) -> Mapping[str, Any] | None:
        own = self._own_token or await self._log_in(None)
        for _ in range(2):
            headers = {"X-Auth-Token": own, "X-Subject-Token": token}
            status, body, _own = await self._call("GET", headers, None)
            if status == 200:
                return body
            if status == 404:
                return None
            if status != 401:
                break
            own = await self._log_in(own)  # ours ran out
        raise self._away(f"answers {status} to the validation of a token")

    async def _log_in(self, stale: str | None) -> str:
        """A token of our own; only one call at a time fetches it."""
        async with self._logging_in:
            if self._own_token is not None and self._own_token != stale:
                return self._own_token
            status, _body, token = await self._call("POST", {}, password_login(self._settings))
            if status != 201 or token is None:
                raise self._away(f"does not let this server in (status {status})")
            self._own_token = token
            return token

    async def _call(
        self, method: str, headers: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> tuple[int, Mapping[str, Any], str | None]:
        try:
            async with self._connected().request(
                method, self._tokens_url, headers=headers, json=body, allow_redirects=False
            ) as answer:
                raw = b"".join([piece async for piece in _bounded(answer.content)])
                found = json.loads(raw) if raw and answer.status in {200, 201} else {}
                token = answer.headers.get("X-Subject-Token")
                return answer.status, found if isinstance(found, dict) else {}, token
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise self._away("does not answer") from error

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._trusted),
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout.total_seconds()),
            )
        return self._session

    def _remember(self, key: bytes, body: Mapping[str, Any]) -> RequestContext | None:
        try:
            found = _context(body["token"], self._settings)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._away("answers what makes no sense") from error
        if found is None:
            return None
        context, left_s = found
        left_s = min(left_s, self._settings.cache_time.total_seconds())
        self._known[key] = _Known(context, time.monotonic() + left_s)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return context

    def _away(self, why: str) -> Unavailable:
        log.error("keystone.away", url=self._tokens_url, reason=why)
        return Unavailable(_AWAY.format(url=self._tokens_url, why=why))


async def _bounded(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Raises ValueError for an answer beyond all reason."""
    size = 0
    async for piece in content.iter_any():
        size += len(piece)
        if size > MAX_ANSWER:
            raise ValueError("the answer is too long")
        yield piece


def _context(
    token: Mapping[str, Any], settings: KeystoneSettings
) -> tuple[RequestContext, float] | None:
    """Who it is and for how many seconds more; None for an unscoped or expired token."""
    user, project = token["user"], token.get("project")
    everything = (token.get("system") or {}).get("all") is True
    left = datetime.fromisoformat(token["expires_at"]) - datetime.now(UTC)
    if left <= NO_TIME or not (project or everything):
        return None
    context = RequestContext(
        user_id=str(user["id"]),
        user_name=str(user["name"]),
        project_id=str(project["id"]) if project else None,
        project_name=str(project["name"]) if project else None,
        roles=_roles(token),
        system_scope=everything or _administers(token, settings),
        service_project=_is_named(project, settings.service_project, settings),
    )
    return context, left.total_seconds()


def _roles(token: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(str(role["name"]).lower() for role in token.get("roles", ()))


def _administers(token: Mapping[str, Any], settings: KeystoneSettings) -> bool:
    """An administrator of the project that Keystone, or the setting, names as the admins' own."""
    project = token.get("project")
    named = settings.admin_project and _is_named(project, settings.admin_project, settings)
    return "admin" in _roles(token) and bool(named or token.get("is_admin_project") is True)


def _is_named(project: Any, name: str, settings: KeystoneSettings) -> bool:
    """By name, in the domain that our own project is in: others may use any name in theirs."""
    if not project or project["name"] != name:
        return False
    return bool(project["domain"]["name"] == settings.project_domain_name)
