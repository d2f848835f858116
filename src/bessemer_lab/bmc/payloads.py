"""The payload commands of a BMC: switching Serial over LAN on and off (IPMI 2.0, section 24)."""

import struct
from collections.abc import Callable, Iterable
from typing import Final

from bessemer_lab.bmc.answers import OK, Answer, Commands
from bessemer_lab.bmc.session import Session
from bessemer_lab.bmc.sol import LARGEST, SerialOverLan
from bessemer_lab.machine.console import Console

SOL: Final = 1
ALREADY: Final = 0x80
DISABLED: Final = 0x81
HEADER: Final = 4


class Payloads:
    """Gives the serial console to one session at a time."""

    def __init__(
        self, console: Console, sessions: Callable[[], Iterable[Session]], port: int
    ) -> None:
        self._console = console
        self._sessions = sessions
        self._port = port
        self.commands: Commands = {
            (0x06, 0x48): self._activate,
            (0x06, 0x49): self._deactivate,
        }

    def _activate(self, data: bytes, session: Session) -> Answer:
        if data[0] & 0x3F != SOL:
            return DISABLED, b""
        if any(other.console for other in self._sessions()):
            return ALREADY, b""
        listeners = self._console.listeners

        def closed() -> None:
            listeners.discard(console.said)
            session.console = session.sol_handler = None

        console = SerialOverLan(session.send_console, self._console.type, closed)
        session.open_console(console)
        listeners.add(console.said)
        # Section 24.1: no auxiliary data, sizes inbound and outbound, our port, no VLAN.
        size = LARGEST + HEADER
        return OK, struct.pack("<4xHHHH", size, size, self._port, 0xFFFF)

    def _deactivate(self, data: bytes, _session: Session) -> Answer:
        if data[0] & 0x3F != SOL:
            return DISABLED, b""
        consoles = [session.console for session in self._sessions() if session.console]
        for console in consoles:
            console.close()
        return (OK if consoles else ALREADY), b""
