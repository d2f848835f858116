"""A BMC: IPMI 2.0 over UDP, by pyghmi's server side, running in the machine's own event loop."""

import asyncio
import logging
import secrets
import struct
import time
from typing import Any, Final

from pyghmi.ipmi.private.serversession import IpmiServer

from bessemer_ipmi.commands.session import DeviceId
from bessemer_lab.bmc.answers import OK, UNKNOWN_COMMAND, UNSPECIFIED, WRONG_LENGTH, Answer
from bessemer_lab.bmc.chassis import Chassis
from bessemer_lab.bmc.payloads import Payloads
from bessemer_lab.bmc.sensors import SensorDevice
from bessemer_lab.bmc.session import Session
from bessemer_lab.machine.command_line import identity
from bessemer_lab.machine.faults import Fault
from bessemer_lab.machine.machine import Machine

LOG = logging.getLogger(__name__)
PORT: Final = 623
SESSION_LIMIT_S: Final = 60.0
"""An idle session is forgotten after this: IPMI 2.0, section 6.12.15."""

RMCP_PLUS, OPEN_SESSION = 0x06, 0x10
"""Authentication type and payload type of section 13.6."""
MANUFACTURER: Final = 0
PRODUCT: Final = 0x0B55


class _Accounts:
    """The one account of a BMC, as pyghmi asks for it: name to password."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._changed = secrets.token_hex(8)

    def get(self, name: str) -> str | None:
        access = self._machine.spec.bmc
        if name != access.username:
            return None
        return self._changed if Fault.WRONG_PASSWORD in self._machine.faults else access.password


class _Socket:
    """The little that pyghmi wants from a socket, done by asyncio's transport."""

    def __init__(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    def setblocking(self, _: bool) -> None:
        """Part of pyghmi's expectations; the transport never blocks."""

    def sendto(self, data: bytes, client: tuple[str, int]) -> None:
        self._transport.sendto(bytes(data), client)


class Bmc(IpmiServer, asyncio.DatagramProtocol):  # type: ignore[misc]
    """The controller of one machine, answering at one UDP socket."""

    def __init__(self, machine: Machine) -> None:
        # pyghmi's own constructor opens a socket and a thread to serve it; we have an event loop.
        self.machine = machine
        self.authdata = _Accounts(machine)
        self.uuid = identity(machine.spec)
        self.port = PORT
        self.kg = None
        # Get Channel Authentication Capabilities, section 22.13: RMCP+ only, named users only.
        self.authcap = struct.pack("BBBBB4x", OK, 1, 0x80, 0x04, 0x02)
        self._sessions: dict[tuple[str, int], Session] = {}
        payloads = Payloads(machine.console, self._sessions.values, PORT)
        self._commands = {
            (0x06, 0x01): self._device_id,
            (0x06, 0x37): self._system_guid,
            **Chassis(machine).commands,
            **SensorDevice(machine).commands,
            **payloads.commands,
        }

    def connection_made(  # type: ignore[override]
        self, transport: asyncio.DatagramTransport
    ) -> None:
        """Keep the socket to answer on."""
        self.serversocket = _Socket(transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take one datagram; whatever is wrong with it, the BMC lives on."""
        if Fault.SILENT in self.machine.faults:
            return
        try:
            self._route(data, addr)
        except Exception:
            LOG.exception("dropped a datagram of %d bytes from %s", len(data), addr)

    def _route(self, data: bytes, client: tuple[str, int]) -> None:
        session = self._sessions.get(client)
        # A client may open a new session from the port of an old one.
        in_session = len(data) > 5 and data[4] == RMCP_PLUS and data[5] & 0x3F != OPEN_SESSION
        if session is not None and in_session:
            session.last_heard = time.monotonic()
            session.handle(data)
        else:
            self.sessionless_data(data, client)

    def sessionless_data(self, data: bytes, sockaddr: tuple[str, int]) -> None:
        """Answer what needs no session; open one when asked (pyghmi's hook, hence the names)."""
        if len(data) >= 24 and data[4] == RMCP_PLUS and data[5] == OPEN_SESSION:
            self._forget_idle()
            session = Session(self, data[16:], sockaddr)
            session.closed = lambda: self._forget(sockaddr)
            self._sessions[sockaddr] = session
        else:
            super().sessionless_data(data, sockaddr)

    def handle_raw_request(self, request: dict[str, Any], session: Session) -> None:
        """Answer one command of a session (pyghmi's hook)."""
        code, data = UNKNOWN_COMMAND, b""
        handler = self._commands.get((request["netfn"], request["command"]))
        if handler is not None:
            try:
                code, data = handler(bytes(request["data"]), session)
            except IndexError:
                code = WRONG_LENGTH
            except Exception:
                LOG.exception("failed on %s", request)
                code = UNSPECIFIED
        session.send_ipmi_response(data=data, code=code)

    def _forget(self, client: tuple[str, int]) -> None:
        session = self._sessions.pop(client, None)
        if session is not None and session.console is not None:
            session.console.close()

    def _forget_idle(self) -> None:
        oldest = time.monotonic() - SESSION_LIMIT_S
        for client, session in tuple(self._sessions.items()):
            if session.last_heard < oldest:
                self._forget(client)

    def _device_id(self, _data: bytes, _session: Session) -> Answer:
        return OK, DeviceId(MANUFACTURER, PRODUCT).encode()

    def _system_guid(self, _data: bytes, _session: Session) -> Answer:
        return OK, self.uuid.bytes_le
