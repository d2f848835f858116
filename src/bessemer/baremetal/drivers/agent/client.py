"""Speaks to deploy agents over HTTPS: the ironic-python-agent API, v1, on port 9999.

One session for all agents. Each agent is recognised by the very certificate that it handed over
in its heartbeat, nothing else: neither names, nor clocks, nor certificate authorities matter.
"""

import asyncio
import functools
import hashlib
import io
import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.trouble import (
    AgentBusy,
    AgentCommandFailed,
    AgentRefused,
    AgentUnintelligible,
    AgentUnreachable,
)
from bessemer.baremetal.drivers.agent.words import MIB, quoted
from bessemer_wire import CommandRequest, CommandResult, CommandStatus

log = structlog.get_logger()

LARGEST_ANSWER: Final = 64 * MIB
"""Bytes. The logs of a ramdisk travel in an answer; more than this is no agent."""
CONNECT_WITHIN: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """`GET /v1/status`. `started_at` is the agent's own clock, seconds since 1970."""

    started_at: float
    version: str


TLS_ENDS_SLOWLY: Final = sys.version_info < (3, 12, 7)
"""Before that, asyncio leaves TLS connections open whose other side says no goodbye."""


class AgentClient:
    """Close it when the conductor stops.

    `answer_within` bounds questions, `command_within` orders (they may carry a config drive) and
    commands that the agent carries out before it answers.
    """

    def __init__(
        self,
        *,
        answer_within: timedelta = timedelta(seconds=10),
        command_within: timedelta = timedelta(seconds=60),
    ) -> None:
        self._answer_within = answer_within
        self._command_within = command_within
        self._opened: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close every connection. The client opens a new session when it is used again."""
        session, self._opened = self._opened, None
        if session is not None:
            await session.close()
            await asyncio.sleep(0)  # one turn of the loop, in which what was broken off is closed

    async def status(self, node: Node) -> AgentStatus:
        """Raises AgentUnreachable, AgentRefused."""
        body = await self._call(node, "GET", "/v1/status", self._answer_within)
        try:
            return AgentStatus(float(body["started_at"]), str(body["version"]))
        except (KeyError, TypeError, ValueError):
            raise _unintelligible(node, "its status lacks started_at or version") from None

    async def commands(self, node: Node) -> list[CommandResult]:
        """Every command since the agent's start, oldest first. Raises AgentUnreachable, AgentRefused."""
        body = await self._call(node, "GET", "/v1/commands/", self._answer_within)
        entries = body.get("commands")
        if not isinstance(entries, list):
            raise _unintelligible(node, "its list of commands is no list")
        return [_result(node, entry) for entry in entries]

    async def start(
        self,
        node: Node,
        name: str,
        params: Mapping[str, Any],
        within: timedelta | None = None,
    ) -> CommandResult:
        """Order `<extension>.<command>`; return once the agent took it on.

        `within`: how long to wait for the answer, instead of as long as for all commands.
        Raises AgentBusy, AgentRefused, and AgentUnreachable, after which the agent may have taken
        the order on all the same.
        """
        return await self._order(node, name, params, within or self._command_within, wait="false")

    async def ask(self, node: Node, name: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Order a quick command and return its result.

        Raises what `start` raises, and AgentCommandFailed.
        """
        entry = await self._order(node, name, params, self._command_within, wait="true")
        if entry.command_status is not CommandStatus.SUCCEEDED:
            raise AgentCommandFailed(f"{name}: {said(entry)}", entry.command_error)
        return entry.command_result or {}

    async def _order(
        self, node: Node, name: str, params: Mapping[str, Any], within: timedelta, *, wait: str
    ) -> CommandResult:
        body = msgspec.json.encode(CommandRequest(name, dict(params)).as_json())
        log.debug("agent.order", node=node.uuid, command=name)
        answer = await self._call(node, "POST", "/v1/commands/", within, body=body, wait=wait)
        return _result(node, answer)

    async def _call(
        self,
        node: Node,
        method: str,
        path: str,
        within: timedelta,
        *,
        body: bytes | None = None,
        **query: str,
    ) -> dict[str, Any]:
        peer = _peer(node)
        try:
            async with self._session().request(
                method,
                peer.url + path,
                params={**query, **peer.credentials},
                data=io.BytesIO(body) if body is not None else None,
                headers={"Content-Type": "application/json"} if body is not None else None,
                ssl=peer.trust,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=within.total_seconds(), connect=CONNECT_WITHIN.total_seconds()
                ),
            ) as response:
                status, raw = response.status, await _read(node, response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise AgentUnreachable(f"{_the_agent(node)} {_in_words(error, within)}") from None
        return _decoded(node, status, raw)

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None or self._opened.closed:
            self._opened = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, enable_cleanup_closed=TLS_ENDS_SLOWLY),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            )
        return self._opened


def said(entry: CommandResult) -> str:
    """Why a command failed, in the agent's words."""
    error = entry.command_error
    words = quoted(error.details or error.message or error.type) if error is not None else ""
    return words or f"the agent says {entry.command_status} and nothing else"


@dataclass(frozen=True, slots=True)
class _Peer:
    url: str
    trust: aiohttp.Fingerprint | bool
    token: Secret | None

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"agent_token": self.token.reveal()} if self.token is not None else {}


def _peer(node: Node) -> _Peer:
    """Where the node's agent is and how to know it. Raises AgentUnreachable, AgentRefused."""
    internal = node.driver_internal_info
    url = internal.get("agent_url")
    if not url:
        raise AgentUnreachable(f"The agent of node {node.name or node.uuid} has not called back.")
    base = _base_url(str(url))
    certificate = internal.get("agent_verify_ca")
    if base is None:
        raise AgentRefused(f"{_the_agent(node)} gave an address that is no http(s) URL.", 400)
    if certificate and not base.startswith("https:"):
        raise AgentRefused(f"{_the_agent(node)} handed over a certificate, but speaks http.", 400)
    token = internal.get("agent_secret_token")
    secret = token if isinstance(token, Secret) or token is None else Secret(str(token))
    return _Peer(base, _trust(node, certificate), secret)


def _base_url(url: str) -> str | None:
    """Scheme, host and port; None for what is no plain http(s) address."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and not parts.username
        return f"{parts.scheme}://{parts.netloc}" if usable and parts.port != 0 else None
    except ValueError:
        return None


def _trust(node: Node, certificate: Any) -> aiohttp.Fingerprint | bool:
    if not certificate:
        return True
    try:
        return _pin(str(certificate))
    except ValueError:
        raise AgentRefused(
            f"{_the_agent(node)} handed over a certificate that is not PEM.", 400
        ) from None


@functools.lru_cache(maxsize=2048)
def _pin(certificate: str) -> aiohttp.Fingerprint:
    """The same object for the same certificate: connections are pooled by it."""
    der = ssl.PEM_cert_to_DER_cert(certificate.strip())
    return aiohttp.Fingerprint(hashlib.sha256(der).digest())


async def _read(node: Node, response: aiohttp.ClientResponse) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > LARGEST_ANSWER:
            raise _unintelligible(node, f"its answer is longer than {LARGEST_ANSWER} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _decoded(node: Node, status: int, raw: bytes) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = None
    if status >= 400:
        words = body.get("faultstring") if isinstance(body, dict) else None
        told = quoted(str(words)) if words else f"HTTP status {status}"
        refusal = AgentBusy if status == 409 else AgentRefused
        raise refusal(f"{_the_agent(node)} refused: {told}", status)
    if status != 200 or not isinstance(body, dict):
        raise _unintelligible(node, f"HTTP status {status} without a JSON object")
    return body


def _result(node: Node, entry: Any) -> CommandResult:
    if not isinstance(entry, dict):
        raise _unintelligible(node, "a command that is no object")
    try:
        return CommandResult.from_json(entry)
    except (ValueError, TypeError, OverflowError) as error:
        raise _unintelligible(node, quoted(str(error), 200)) from None


def _unintelligible(node: Node, what: str) -> AgentUnintelligible:
    return AgentUnintelligible(f"{_the_agent(node)} does not speak the agent's protocol: {what}.")


def _the_agent(node: Node) -> str:
    return f"The agent at {quoted(str(node.driver_internal_info.get('agent_url')), 100)}"


def _in_words(error: Exception, within: timedelta) -> str:
    """Never the error's own text: it may hold the URL, and that holds the token."""
    match error:
        case aiohttp.ServerFingerprintMismatch():
            return "shows another certificate than the one it handed over."
        case aiohttp.ClientConnectorError():
            return f"takes no connection ({error.os_error.strerror or 'no route or no listener'})."
        case TimeoutError():
            return f"gave no answer within {within.total_seconds():g} s."
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError() | ConnectionError():
            return "broke off the connection."
        case asyncio.IncompleteReadError():
            return "broke off its answer."
        case _:
            return f"could not be asked ({type(error).__name__})."
