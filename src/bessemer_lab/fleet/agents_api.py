"""The HTTP API of all agents of a fleet: one listener; the address asked tells whose agent is meant.

Conductors take only scheme, host and port of a `callback_url` and put their own path behind, so the
agents cannot be told apart by path: each has its machine's loopback address, and all one port.
"""

import hmac
import json
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from bessemer_lab.errors import LabError
from bessemer_lab.fleet.agent import VERSION, Agent
from bessemer_lab.fleet.journal import Refused
from bessemer_lab.fleet.loopback import bind_to_loopback
from bessemer_wire import CommandRequest, Malformed

LARGEST_ORDER: Final = 96 << 20
_BACKLOG: Final = 4096


class AgentsApi:
    """`agent_at` gives the agent that lives at an address, None while nobody does."""

    def __init__(self, agent_at: Callable[[str], Agent | None], port: int) -> None:
        self._agent_at = agent_at
        self.port = port
        self._runner: web.AppRunner | None = None

    async def open(self, tls: ssl.SSLContext | None) -> None:
        """Answer from now on. Raises LabError."""
        app = web.Application(client_max_size=LARGEST_ORDER)
        app.add_routes([web.route("*", "/{path:.*}", self._answer)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bind_to_loopback(listener, self.port)
        except OSError as error:
            listener.close()
            raise LabError(f"agents cannot listen on TCP port {self.port}: {error}") from error
        self.port = listener.getsockname()[1]
        site = web.SockSite(self._runner, listener, ssl_context=tls, backlog=_BACKLOG)
        await site.start()

    async def close(self) -> None:
        """Nobody answers any more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        here = request.transport.get_extra_info("sockname") if request.transport else None
        agent = self._agent_at(here[0]) if here else None
        if agent is None:
            if request.transport is not None:
                request.transport.abort()  # as of a machine without power
            return web.Response(status=503)
        try:
            return web.json_response(await _said(agent, request))
        except Refused as refusal:
            return _fault(refusal.status, str(refusal))
        except (Malformed, ValueError) as error:
            return _fault(400, str(error))


async def _said(agent: Agent, request: web.Request) -> Any:
    path = [part for part in request.path.split("/") if part and part != "v1"]
    match request.method, path:
        case "GET", []:
            version = {"id": "v1", "links": []}
            return {"name": "A fleet's agent", "versions": [version], "default_version": version}
        case "GET", ["status"]:
            return {"started_at": agent.started_at, "version": VERSION}
        case "GET", ["commands"]:
            _check(agent, request)
            return {"commands": [each.as_json() for each in agent.journal.list()]}
        case "GET", ["commands", ident]:
            _check(agent, request)
            return agent.journal.get(ident).as_json()
        case "POST", ["commands"]:
            _check(agent, request)
            entry = agent.submit(CommandRequest.from_json(json.loads(await request.read())))
            if request.query.get("wait") == "true":
                await agent.journal.wait()
            return agent.journal.get(entry.id).as_json()
        case _:
            raise Refused(404, f"There is nothing at {request.path}.")


def _check(agent: Agent, request: web.Request) -> None:
    token = agent.token
    given = request.query.get("agent_token", "")
    if token is None or not hmac.compare_digest(token.encode(), given.encode()):
        raise Refused(401, "Token invalid: agent_token is not this agent's.")


def _fault(status: int, words: str) -> web.Response:
    kind = "Server" if status >= 500 else "Client"
    body = {"faultcode": kind, "faultstring": words, "code": status, "type": "Refused"}
    return web.json_response(body, status=status)
