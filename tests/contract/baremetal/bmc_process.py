"""A BMC that speaks IPMI 2.0 over UDP (pyghmi's server side), run as a process of its own.

`python bmc_process.py '{"lag_s": 1.5}'` binds a free port of 127.0.0.1 and prints its number.
"""

import json
import struct
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from pyghmi.ipmi.bmc import Bmc
from pyghmi.ipmi.console import ServerConsole
from pyghmi.ipmi.private import serversession

from bessemer_lab.bmc.sensors import SensorDevice
from bessemer_lab.machine.machine import Power

INSUFFICIENT_PRIVILEGE = 0x81
REPORT = (0x30, 0x01)
"""Our own command (a network function for vendors): what happened so far, as JSON."""


@dataclass
class Behaviour:
    """How the BMC differs from a plain, healthy one."""

    users: dict[str, str] = field(default_factory=lambda: {"admin": "secret"})
    lag_s: float = 0.0
    """For how long it goes on reporting the old power state after an order."""
    manufacturer: int = 0
    busy: int = 0
    """How many chassis commands are answered with `busy_code` first."""
    busy_code: int = 0xC0
    highest_privilege: int = 4
    knows_boot_timeout: bool = True
    ignores_power: bool = False
    forgets_boot_device: bool = False
    """At every start, whatever persistent order it was given."""
    has_console: bool = True


class MemoryBmc(Bmc):  # type: ignore[misc]
    """A machine made of one bit of power and five bytes of boot flags."""

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(behaviour.users, port=0, address="127.0.0.1", bmcuuid=uuid.UUID(int=1))
        self.port = self.serversocket.getsockname()[1]
        self.mfgid = behaviour.manufacturer
        self.behaviour = behaviour
        self.powered, self.before, self.since = False, False, float("-inf")
        self.boot_flags = self.started_with = bytes(5)
        self.boot_timeout_kept = 0
        self.counts = {"nmi": 0, "cold reset": 0, "resets": 0}
        self.iohandler = self._typed
        self.sensors = SensorDevice(self)

    @property
    def power(self) -> Power:
        """As the sensors of the lab want it."""
        return Power.ON if self.powered else Power.OFF

    def get_power_state(self) -> str:
        lies = time.monotonic() < self.since + self.behaviour.lag_s
        return "on" if (self.before if lies else self.powered) else "off"

    def _order(self, powered: bool) -> None:
        if self.behaviour.ignores_power:
            return
        self.before, self.powered, self.since = self.powered, powered, time.monotonic()
        if powered:
            self.started_with = self.boot_flags
            if self.behaviour.forgets_boot_device:
                self.boot_flags = bytes(5)

    def power_on(self) -> None:
        self._order(True)

    def power_off(self) -> None:
        self._order(False)

    def power_shutdown(self) -> None:
        self._order(False)

    def power_reset(self) -> int:
        self.counts["resets"] += self.powered
        return 0 if self.powered else 0xD5

    def pulse_diag(self) -> int:
        self.counts["nmi"] += 1
        return 0

    def cold_reset(self) -> int:
        self.counts["cold reset"] += 1
        return 0

    def is_active(self) -> bool:
        return self.behaviour.has_console

    def activate_payload(self, request: dict[str, Any], session: Any) -> None:
        if self.activated or not self.is_active():
            session.send_ipmi_response(code=0x80 if self.activated else 0x81)
            return
        self.activated = True
        sizes = struct.pack("<4xHHHH", 200, 200, self.port, 0xFFFF)
        session.send_ipmi_response(data=list(sizes))
        self.sol = ServerConsole(session, self.iohandler)
        self.sol.send_data(b"login: ")

    def _typed(self, text: bytes) -> None:
        """The machine says everything again, in capitals."""
        self.sol.send_data(text.upper())

    def handle_raw_request(self, request: dict[str, Any], session: Any) -> None:
        command = (request["netfn"], request["command"])
        if command == REPORT:
            report = json.dumps(self.counts | {"started_with": self.started_with.hex()})
            session.send_ipmi_response(data=list(report.encode()))
            return
        if command in self.sensors.commands:
            code, data = self.sensors.commands[command](bytes(request["data"]), session)
            session.send_ipmi_response(code=code, data=list(data))
            return
        if request["netfn"] == 0 and self.behaviour.busy > 0:
            self.behaviour.busy -= 1
            session.send_ipmi_response(code=self.behaviour.busy_code)
            return
        super().handle_raw_request(request, session)

    def get_system_boot_options(self, request: dict[str, Any], session: Any) -> None:
        if request["data"][0] == 3:
            session.send_ipmi_response(data=[1, 3, self.boot_timeout_kept])
            return
        if request["data"][0] != 5:
            session.send_ipmi_response(code=0x80)
            return
        session.send_ipmi_response(data=[1, 5, *self.boot_flags])

    def set_system_boot_options(self, request: dict[str, Any], session: Any) -> None:
        selector, *data = request["data"]
        if selector == 3 and not self.behaviour.knows_boot_timeout:
            session.send_ipmi_response(code=0x80)
            return
        if selector == 3:
            self.boot_timeout_kept = data[0]
        if selector == 5:
            self.boot_flags = bytes(data)
        session.send_ipmi_response()


class Suite3Session(serversession.ServerSession):  # type: ignore[misc]
    """Refuses what a suite-3-only BMC refuses, and privileges above the account's."""

    def create_open_session_response(self, request: bytearray) -> bytearray:
        if request[12] != 1:
            return bytearray([request[0], 0x11, 0, 0]) + request[4:8]
        return bytearray(super().create_open_session_response(request))

    def handle_client_request(self, request: dict[str, Any]) -> None:
        wanted = request["data"][0] if request["data"] else 0
        set_privilege = (request["netfn"], request["command"]) == (6, 0x3B)
        if set_privilege and wanted > self.bmc.behaviour.highest_privilege:
            self.send_ipmi_response(code=INSUFFICIENT_PRIVILEGE)
            return
        super().handle_client_request(request)


def main() -> None:
    """Serve until killed."""
    serversession.ServerSession = Suite3Session
    bmc = MemoryBmc(Behaviour(**json.loads(sys.argv[1])))
    print(bmc.port, flush=True)
    bmc.listen()


if __name__ == "__main__":
    main()
