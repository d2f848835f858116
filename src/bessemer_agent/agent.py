"""The agent's life: network, inspection, lookup, then serving commands and sending heartbeats."""

import datetime
import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bessemer_agent import kernel_parameters
from bessemer_agent.api_server import Access, ApiServer
from bessemer_agent.certificate import OwnCertificate, make_certificate
from bessemer_agent.commands.table import Surroundings, command_table
from bessemer_agent.conductor import Conductor, LookupFailed, find_node
from bessemer_agent.heartbeater import Heartbeater
from bessemer_agent.http_request import JsonClient
from bessemer_agent.inspection.report import InspectionFailed, inspection_report, send_report
from bessemer_agent.journal import Journal
from bessemer_agent.log import RecentLines, seconds_since_boot, start_logging
from bessemer_agent.machine import Machine
from bessemer_agent.network import NoAddress, mac_addresses, wait_for_address
from bessemer_wire import Heartbeat, LookupReply
from bessemer_wire.lookup import TOKEN_ALREADY_GIVEN

LOG = logging.getLogger(__name__)

# The protocol generation that we speak, in the numbering of the upstream agent's releases:
# conductors compare it.
AGENT_VERSION = "11.0.0"
ADDRESS_TIMEOUT_S = 300.0
DEFAULT_PORTS = {"http": 80, "https": 443}


class TokenLost(Exception):
    """The conductor gave the token to somebody else, or to a life of ours that is forgotten."""


def run(machine: Machine) -> int:
    """Work until stopped; the exit status for the console."""
    parameters = kernel_parameters.parse((machine.root / "proc/cmdline").read_text())
    recent = start_logging(parameters.global_request_id, debug=parameters.debug)
    LOG.info("Agent starts %.2f s after the kernel", seconds_since_boot())
    for text in parameters.ignored:
        LOG.warning("Kernel parameter not understood, its default is used: %s", text)
    try:
        Agent(machine, parameters, recent).run()
    except (NoAddress, LookupFailed, InspectionFailed) as error:
        LOG.error("%s", error)
        return 1
    except TokenLost as error:
        LOG.critical("%s", error)
        machine.lock_down()
    return 0


class Agent:
    """Everything between the kernel command line and the end of the machine's stay."""

    def __init__(
        self, machine: Machine, parameters: kernel_parameters.Parameters, recent: RecentLines
    ) -> None:
        self._machine = machine
        self._parameters = parameters
        self._recent = recent
        self._started_at = time.time()

    def run(self) -> None:
        """Raises NoAddress, InspectionFailed, LookupFailed or TokenLost."""
        if self._parameters.inspection_callback_url:
            self._inspect(self._parameters.inspection_callback_url)
        if not self._parameters.api_urls:
            LOG.warning("No ipa-api-url on the kernel command line: nobody to ask for work. Idle.")
            threading.Event().wait()
        address = self._own_address(self._parameters.api_urls[0])
        with ThreadPoolExecutor(max_workers=1) as beside:
            # Half a second that would otherwise come after the lookup.
            certificate = beside.submit(self._make_certificate, address)
            conductor, reply = self._find_node()
            access = self._access(reply)
            self._serve(address, conductor, reply, access, certificate)

    def _inspect(self, url: str) -> None:
        """Once in a ramdisk's life: an agent that is started again has nothing new to tell."""
        done = self._machine.state_folder / "inspected"
        if not done.exists():
            self._own_address(url)
            send_report(self._client(url), inspection_report(self._machine, self._parameters))
            done.touch()

    def _own_address(self, url: str) -> str:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        address = wait_for_address(parts.hostname or "", port, timeout_s=ADDRESS_TIMEOUT_S)
        LOG.info("Own address %s after %.2f s", address, seconds_since_boot())
        return address

    def _make_certificate(self, address: str) -> OwnCertificate:
        now = datetime.datetime.now(datetime.UTC)
        return make_certificate(address, self._machine.state_folder / "tls", now)

    def _client(self, url: str) -> JsonClient:
        request_id = self._parameters.global_request_id
        return JsonClient(
            url,
            timeout_s=self._parameters.http_request_timeout_s,
            insecure=self._parameters.insecure,
            headers={"X-Openstack-Request-Id": request_id} if request_id else {},
        )

    def _find_node(self) -> tuple[Conductor, LookupReply]:
        parameters = self._parameters
        conductor, reply = find_node(
            [self._client(url) for url in parameters.api_urls],
            mac_addresses(self._machine.root, first=parameters.boot_mac),
            timeout_s=parameters.lookup_timeout_s,
            pinned=parameters.ironic_api_version,
        )
        LOG.info("This machine is node %s (%.2f s)", reply.node_uuid, seconds_since_boot())
        return conductor, reply

    def _access(self, reply: LookupReply) -> Access:
        """The token is given once; it is kept for an agent that is started again."""
        kept = self._machine.state_folder / "agent-token"
        token = reply.config.agent_token
        if token == TOKEN_ALREADY_GIVEN or not token:
            token = self._parameters.agent_token or (kept.read_text() if kept.exists() else None)
            if reply.config.agent_token == TOKEN_ALREADY_GIVEN and not token:
                raise TokenLost(
                    "The conductor has already given this node's token to somebody: this machine "
                    "cannot prove who it is. Power it off through its BMC and try again."
                )
        if token:
            _write_secret(kept, token)
        return Access(token, reply.config.agent_token_required)

    def _serve(
        self,
        address: str,
        conductor: Conductor,
        reply: LookupReply,
        access: Access,
        certificate: Future[OwnCertificate],
    ) -> None:
        own = certificate.result() if conductor.speaks_tls_to_agents else None
        beat = Heartbeat(
            callback_url=self._callback_url(address, tls=own is not None),
            agent_version=AGENT_VERSION,
            agent_token=access.token,
            agent_verify_ca=own.pem if own else None,
        )
        heartbeater = Heartbeater(
            lambda: conductor.heartbeat(reply.node_uuid, beat), reply.config.heartbeat_timeout_s
        )
        surroundings = Surroundings(
            self._machine, self._parameters, reply, self._recent, heartbeater.stop
        )
        journal = Journal(
            command_table(surroundings),
            started=heartbeater.command_received,
            finished=heartbeater.force,
        )
        listen = (self._parameters.listen_host or _any(address), self._parameters.listen_port)
        with ApiServer(listen, journal, access, self._status, own) as server:
            threading.Thread(target=server.serve_forever, name="api", daemon=True).start()
            heartbeater.run()
            server.shutdown()

    def _callback_url(self, address: str, *, tls: bool) -> str:
        parameters = self._parameters
        host = parameters.advertise_host or address
        protocol = parameters.advertise_protocol or ("https" if tls else "http")
        port = parameters.advertise_port or parameters.listen_port
        return f"{protocol}://{f'[{host}]' if ':' in host else host}:{port}"

    def _status(self) -> dict[str, Any]:
        return {"started_at": self._started_at, "version": AGENT_VERSION}


def _any(address: str) -> str:
    return "::" if ":" in address else "0.0.0.0"


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
