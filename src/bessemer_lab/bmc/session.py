"""One client's IPMI session, on top of pyghmi's, with the answers that pyghmi leaves out."""

import struct
import time
from collections.abc import Callable
from typing import Any, Final

from pyghmi.ipmi.private import constants, serversession
from pyghmi.ipmi.private import session as pyghmi_session

from bessemer_lab.bmc.sol import SerialOverLan

UNAUTHORIZED_NAME: Final = 0x0D
"""RMCP+ status code for a user that the BMC does not know: IPMI 2.0, table 13-15."""
USER: Final = 2


class Session(serversession.ServerSession):  # type: ignore[misc]
    """A session from its Open Session Request on."""

    # pyghmi's server side sets these only in the course of the log-in, and reads them before.
    k1: bytes | None = None
    localsid: int | None = None
    remseqnumber: int | None = None
    last_payload_type: int | None = None
    sol_handler: Callable[[bytes], None] | None = None
    clientpriv = USER

    closed: Callable[[], None] = staticmethod(lambda: None)
    console: SerialOverLan | None = None

    def __init__(self, bmc: Any, request: bytes, client: tuple[str, int]) -> None:
        self.last_heard = time.monotonic()
        super().__init__(bmc.authdata, None, client, bmc.serversocket, request, bmc.uuid, bmc)
        # pyghmi would route packets by this global table; our BMC keeps its own.
        pyghmi_session.Session.bmc_handlers.pop(client, None)

    def __new__(cls, *_: object) -> "Session":
        return object.__new__(cls)

    def handle(self, datagram: bytes) -> None:
        """Take one IPMI 2.0 datagram of this session's client."""
        self._handle_ipmi2_packet(bytearray(datagram))

    def open_console(self, console: SerialOverLan) -> None:
        """From now on the session carries the serial console."""
        self.console = console
        self.sol_handler = console.received

    def send_console(self, payload: bytes) -> None:
        """Send one Serial-over-LAN packet."""
        self.send_payload(
            bytearray(payload), payload_type=constants.payload_types["sol"], retry=False
        )

    def close_server_session(self) -> None:
        """The client said good-bye."""
        self.closed()

    def _got_rakp1(self, data: bytearray) -> None:
        name = bytes(data[28 : 28 + data[27]]).decode(errors="replace")
        if self.authdata.get(name) is not None:
            super()._got_rakp1(data)
            return
        refusal = struct.pack("BBH", data[0], UNAUTHORIZED_NAME, 0) + bytes(self.clientsessionid)
        self.send_payload(
            bytearray(refusal), payload_type=constants.payload_types["rakp2"], retry=False
        )
