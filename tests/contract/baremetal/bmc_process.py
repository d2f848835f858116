"""A BMC that speaks IPMI 2.0 over UDP (pyghmi's server side), run as a process of its own.

`python bmc_process.py '{"lag_s": 1.5}'` binds a free port of 127.0.0.1 and prints its number.
"""

import json
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from pyghmi.ipmi.bmc import Bmc
from pyghmi.ipmi.private import serversession

INSUFFICIENT_PRIVILEGE = 0x81


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


class MemoryBmc(Bmc):  # type: ignore[misc]
    """A machine made of one bit of power and five bytes of boot flags."""

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(behaviour.users, port=0, address="127.0.0.1", bmcuuid=uuid.UUID(int=1))
        self.port = self.serversocket.getsockname()[1]
        self.mfgid = behaviour.manufacturer
        self.behaviour = behaviour
        self.powered, self.before, self.since = False, False, float("-inf")
        self.boot_flags = bytes(5)
        self.boot_timeout_kept = 0

    def get_power_state(self) -> str:
        lies = time.monotonic() < self.since + self.behaviour.lag_s
        return "on" if (self.before if lies else self.powered) else "off"

    def _order(self, powered: bool) -> None:
        if self.behaviour.ignores_power:
            return
        self.before, self.powered, self.since = self.powered, powered, time.monotonic()

    def power_on(self) -> None:
        self._order(True)

    def power_off(self) -> None:
        self._order(False)

    def power_shutdown(self) -> None:
        self._order(False)

    def power_reset(self) -> int:
        return 0 if self.powered else 0xD5

    def handle_raw_request(self, request: dict[str, Any], session: Any) -> None:
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
