"""The conductor's side of the agent protocol, as small as it can be, over real HTTP."""

import json
import queue
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

NODE_UUID = "8a4c2f6e-51d3-4a8b-9b57-0f2d6c1e7a90"
TOKEN = "t0k3n" * 8 + "abc"


@dataclass
class ConductorServer:
    """`heartbeats` and `inspections` hold (body, headers) as they come."""

    node: dict[str, Any] = field(default_factory=lambda: {"uuid": NODE_UUID, "properties": {}})
    config: dict[str, Any] = field(default_factory=dict)
    newest_microversion: str = "1.99"
    lookups_refused: int = 0
    heartbeats: queue.Queue[tuple[dict[str, Any], dict[str, str]]] = field(
        default_factory=queue.Queue
    )
    inspections: queue.Queue[tuple[dict[str, Any], dict[str, str]]] = field(
        default_factory=queue.Queue
    )
    lookups: list[str] = field(default_factory=list)
    port: int = 0

    def next_heartbeat(self, within_s: float = 30.0) -> dict[str, Any]:
        return self.heartbeats.get(timeout=within_s)[0]


@contextmanager
def running(conductor: ConductorServer) -> Iterator[ConductorServer]:
    class Handler(_Handler):
        pass

    Handler.conductor = conductor
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        conductor.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield conductor
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    conductor: ConductorServer

    def do_GET(self) -> None:
        conductor = self.conductor
        if not self.path.startswith("/v1/lookup"):
            return self._answer(200, {"default_version": {"id": "v1"}})
        conductor.lookups.append(self.path)
        if len(conductor.lookups) <= conductor.lookups_refused:
            return self._answer(409, {"error_message": "Node is locked"})
        first = len(conductor.lookups) == conductor.lookups_refused + 1
        config = {
            "heartbeat_timeout": 300,
            "agent_token": TOKEN if first else "******",
            "agent_token_required": True,
            **conductor.config,
        }
        return self._answer(200, {"node": conductor.node, "config": config})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path.startswith("/v1/heartbeat/"):
            self._answer(202, {})
            self.conductor.heartbeats.put((body, headers))
        else:
            self._answer(200, {"uuid": NODE_UUID})
            self.conductor.inspections.put((body, headers))

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header(
            "X-OpenStack-Ironic-API-Maximum-Version", self.conductor.newest_microversion
        )
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@dataclass(frozen=True)
class AgentClient:
    """Gives orders as a conductor does: token in the query, the heartbeat's certificate trusted."""

    heartbeat: dict[str, Any]
    address: str | None = None

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        return self._request("GET", path, None)

    def order(
        self, name: str, params: dict[str, Any], wait: bool = False
    ) -> tuple[int, dict[str, Any]]:
        path = f"/v1/commands/?wait={str(wait).lower()}&agent_token={TOKEN}"
        return self._request("POST", path, {"name": name, "params": params})

    def last(self, name: str) -> dict[str, Any]:
        _, body = self.get(f"/v1/commands/?agent_token={TOKEN}")
        return next(c for c in reversed(body["commands"]) if c["command_name"] == name)

    def _request(self, method: str, path: str, body: object) -> tuple[int, dict[str, Any]]:
        url = urlsplit(self.heartbeat["callback_url"])
        address = self.address or url.netloc
        if url.scheme == "https":
            context = ssl.create_default_context(cadata=self.heartbeat["agent_verify_ca"])
            context.check_hostname = self.address is None
            connection: HTTPConnection = HTTPSConnection(address, timeout=60, context=context)
        else:
            connection = HTTPConnection(address, timeout=60)
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body))
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()


def outcome(
    conductor: ConductorServer, agent: AgentClient, name: str, within_s: float = 60.0
) -> dict[str, Any]:
    """The last command of this name once it has ended; woken by the forced heartbeats."""
    deadline = time.monotonic() + within_s
    while True:
        entry = agent.last(name)
        if entry["command_status"] != "RUNNING":
            return entry
        conductor.next_heartbeat(deadline - time.monotonic())
