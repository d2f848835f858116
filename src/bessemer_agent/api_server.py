"""The agent's HTTP API on port 9999: status, commands (ironic-python-agent API, v1)."""

import hmac
import json
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bessemer_agent.certificate import OwnCertificate
from bessemer_agent.command_failed import InvalidParameters
from bessemer_agent.journal import AgentBusy, Journal, UnknownCommand
from bessemer_wire import CommandRequest, Malformed

LOG = logging.getLogger(__name__)

# A config drive of 64 MiB in base64, with room for the rest.
MAX_BODY_BYTES = 96 * 1024 * 1024
IDLE_S = 60.0


@dataclass(frozen=True, slots=True)
class Access:
    """Who may give orders. Without a token nobody may, unless the conductor requires none."""

    token: str | None = field(repr=False)
    token_required: bool = True

    def allows(self, presented: str) -> bool:
        if self.token is None:
            return not self.token_required
        return hmac.compare_digest(self.token.encode(), presented.encode())


class _Problem(Exception):
    def __init__(self, status: int, sentence: str, type_name: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.type_name = status, sentence, type_name

    def as_json(self) -> dict[str, Any]:
        return {
            "faultcode": "Server" if self.status >= 500 else "Client",
            "faultstring": self.sentence,
            "type": self.type_name,
            "code": self.status,
        }


class ApiServer(ThreadingHTTPServer):
    """Serves until shut down; TLS when a certificate is given."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        journal: Journal,
        access: Access,
        status: Callable[[], dict[str, Any]],
        certificate: OwnCertificate | None = None,
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.journal, self.access, self.agent_status = journal, access, status
        super().__init__(address, _Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(certificate.certificate_file, certificate.key_file)
            # The handshake happens in the request's own thread: a silent client blocks nobody.
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def handle_error(self, request: Any, client_address: Any) -> None:
        LOG.debug("Connection from %s broke", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ApiServer
    timeout = IDLE_S

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._ordered: str | None = None
        try:
            self._answer(self._post)
        finally:
            if self._ordered is not None:
                self.server.journal.begin(self._ordered)

    def _answer(self, produce: Callable[[], Any]) -> None:
        try:
            status, body = 200, produce()
        except _Problem as problem:
            status, body = problem.status, problem.as_json()
        except (InvalidParameters, Malformed) as error:
            status, body = 400, _Problem(400, str(error), "InvalidCommandParamsError").as_json()
        except UnknownCommand as error:
            status, body = 404, _Problem(404, str(error), "RequestedObjectNotFoundError").as_json()
        except AgentBusy as error:
            status, body = 409, _Problem(409, str(error), "AgentIsBusy").as_json()
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def _get(self) -> Any:
        match self._path():
            case []:
                return {
                    "name": "Bessemer deploy agent",
                    "description": "Speaks the ironic-python-agent API.",
                    "versions": [{"id": "v1", "links": []}],
                    "default_version": {"id": "v1", "links": []},
                }
            case ["v1"]:
                return {"id": "v1", "links": [], "media_types": [], "commands": [], "status": []}
            case ["status"] | ["v1", "status"]:
                return self.server.agent_status()
            case ["commands"] | ["v1", "commands"]:
                self._check_token()
                return {"commands": [entry.as_json() for entry in self.server.journal.list()]}
            case ["commands", command_id] | ["v1", "commands", command_id]:
                self._check_token()
                journal = self.server.journal
                entry = journal.wait(command_id) if self._wait() else journal.get(command_id)
                return entry.as_json()
            case _:
                raise self._not_found()

    def _post(self) -> Any:
        body = self._body()
        journal = self.server.journal
        entry = journal.submit(CommandRequest.from_json(_decoded(body)))
        self._ordered = entry.id
        if self._wait():
            journal.begin(entry.id)
            entry = journal.wait(entry.id)
        return entry.as_json()

    def _path(self) -> list[str]:
        return [part for part in urlsplit(self.path).path.split("/") if part]

    def _query(self, name: str) -> str:
        return parse_qs(urlsplit(self.path).query).get(name, [""])[-1]

    def _wait(self) -> bool:
        return self._query("wait").lower() == "true"

    def _check_token(self) -> None:
        if not self.server.access.allows(self._query("agent_token")):
            raise _Problem(401, "Token invalid: agent_token is not this agent's.", "Unauthorized")

    def _body(self) -> bytes:
        """Read only for who may give orders: strangers cannot fill the memory."""
        self.close_connection = True
        if self._path() not in (["commands"], ["v1", "commands"]):
            raise self._not_found()
        self._check_token()
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            raise _Problem(
                400, f"Content-Length must be given and at most {MAX_BODY_BYTES}.", "InvalidContent"
            )
        body = self.rfile.read(int(length))
        self.close_connection = self.headers.get("Connection", "").lower() == "close"
        return body

    def _not_found(self) -> _Problem:
        return _Problem(404, f"There is nothing at {urlsplit(self.path).path}.", "NotFound")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The path only: the query holds the token."""
        path = urlsplit(getattr(self, "path", "")).path
        LOG.debug("%s %s %s", self.client_address[0], self.command, path)


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _Problem(400, f"The body is not JSON: {error}", "InvalidContent") from error
