"""The conductor's side of the protocol: who am I (lookup), I am alive (heartbeat)."""

import logging
import random
import threading
import time
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from bessemer_agent.http_request import JsonClient, Reply, Unreachable
from bessemer_wire import Heartbeat, LookupReply, Malformed

LOG = logging.getLogger(__name__)

VERSION_HEADER = "X-OpenStack-Ironic-API-Version"
# Microversions at which heartbeat fields appeared, and the newest one that we know how to speak.
AGENT_VERSION_FIELD = (1, 36)
TOKEN_FIELD = (1, 62)
CERTIFICATE_FIELD = (1, 68)
NEWEST = (1, 68)
OLDEST = (1, 31)
LONGEST_PAUSE_S = 60.0


class LookupFailed(Exception):
    """The conductor did not tell in time who this machine is."""


class Conflict(Exception):
    """Another operation holds the node; trying again will help."""


class Refused(Exception):
    """The conductor answered with an error."""


@dataclass(frozen=True, slots=True)
class Conductor:
    """One API address, and the microversion that both sides know."""

    client: JsonClient
    microversion: tuple[int, int]

    @property
    def speaks_tls_to_agents(self) -> bool:
        """Whether it takes the agent's certificate from the heartbeat."""
        return self.microversion >= CERTIFICATE_FIELD

    @classmethod
    def discover(cls, client: JsonClient, pinned: str | None = None) -> "Conductor":
        """Ask `GET /` for the microversions. Raises Unreachable."""
        if pinned:
            return cls(client, _pair(pinned) or NEWEST)
        reply = client.request("GET", "/")
        if reply.status >= 400:
            raise Unreachable(f"GET {client.base_url}/ answers {reply.fault}")
        theirs = _newest_offered(reply)
        return cls(client, max(OLDEST, min(NEWEST, theirs)) if theirs else OLDEST)

    def lookup(self, addresses: list[str], node_uuid: str | None = None) -> LookupReply:
        """Raises Unreachable, Conflict, Refused or Malformed."""
        query = {"addresses": ",".join(addresses)}
        if node_uuid:
            query["node_uuid"] = node_uuid
        reply = self._request("GET", f"/v1/lookup?{urlencode(query)}")
        return LookupReply.from_json(reply.body)

    def heartbeat(self, node_uuid: str, beat: Heartbeat) -> None:
        """Raises Unreachable, Conflict or Refused. Fields that the server is too old for stay out."""
        if self.microversion < CERTIFICATE_FIELD:
            beat = replace(beat, agent_verify_ca=None)
        if self.microversion < TOKEN_FIELD:
            beat = replace(beat, agent_token=None)
        if self.microversion < AGENT_VERSION_FIELD:
            beat = replace(beat, agent_version=None)
        self._request("POST", f"/v1/heartbeat/{node_uuid}", beat.as_json())

    def _request(self, method: str, path: str, body: object = None) -> Reply:
        version = "{}.{}".format(*self.microversion)
        reply = self.client.request(method, path, body, **{VERSION_HEADER: version})
        if reply.status == 409:
            raise Conflict(reply.fault)
        if reply.status >= 400:
            raise Refused(reply.fault)
        return reply


def find_node(
    clients: list[JsonClient], addresses: list[str], *, timeout_s: float, pinned: str | None = None
) -> tuple[Conductor, LookupReply]:
    """Ask every API address in turn until one knows this machine. Raises LookupFailed."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()  # never set: an interruptible pause between attempts
    attempt = 0
    while True:
        for client in clients:
            try:
                conductor = Conductor.discover(client, pinned)
                return conductor, conductor.lookup(addresses)
            except (Unreachable, Conflict, Refused, Malformed) as error:
                LOG.warning("Lookup of %s at %s: %s", addresses, client.base_url, error)
                failure = error
        attempt += 1
        pause_s = random.uniform(0.5, min(LONGEST_PAUSE_S, 2.0**attempt))
        if time.monotonic() + pause_s > deadline:
            raise LookupFailed(f"no answer in {timeout_s:.0f} s; the last one was: {failure}")
        pause.wait(pause_s)


def _newest_offered(reply: Reply) -> tuple[int, int] | None:
    """From the header, or from the version document of `GET /`."""
    header = reply.headers.get("x-openstack-ironic-api-maximum-version")
    if header:
        return _pair(header)
    document = reply.body if isinstance(reply.body, dict) else {}
    default = document.get("default_version")
    return _pair(str(default.get("version", ""))) if isinstance(default, dict) else None


def _pair(text: str) -> tuple[int, int] | None:
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None
