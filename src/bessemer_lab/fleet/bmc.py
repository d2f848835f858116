"""The BMC of a fleet's machine: sessions by `bessemer_ipmi`, commands as the rack's BMCs have them."""

import logging
from collections.abc import Mapping
from typing import Final

from bessemer_ipmi.commands import chassis, session
from bessemer_ipmi.completion import Completion
from bessemer_ipmi.controller import Account, Controller, Identity
from bessemer_ipmi.malformed import Malformed
from bessemer_ipmi.messages import Request
from bessemer_lab.bmc.answers import Answer
from bessemer_lab.bmc.bmc import MANUFACTURER, PRODUCT
from bessemer_lab.bmc.chassis import Chassis
from bessemer_lab.bmc.sensors import SensorDevice
from bessemer_lab.fleet.machine import FleetMachine
from bessemer_lab.machine.faults import Fault

LOG = logging.getLogger(__name__)
OPERATOR: Final = 3
_CHANGED: Final = Account(b"\xffchanged by somebody")
_NEEDS_OPERATOR: Final = frozenset(
    {(chassis.CHASSIS, chassis.CONTROL), (chassis.CHASSIS, chassis.SET_BOOT_OPTION)}
)
"""Appendix G of the specification; what else is known here takes a user's rights."""
_DEVICE_ID: Final = session.DeviceId(MANUFACTURER, PRODUCT).encode()


class FleetBmc:
    """Of one machine. `accounts`: by name; the fault `wrong-password` changes every password."""

    __slots__ = ("_accounts", "_commands", "_controller", "machine")

    def __init__(
        self,
        machine: FleetMachine,
        guid: bytes,
        accounts: Mapping[bytes, Account],
        kg_key: bytes = b"",
    ) -> None:
        self.machine = machine
        self._accounts = accounts
        self._controller = Controller(Identity(guid, self._account, kg_key), self._command)
        self._commands = {**Chassis(machine).commands, **SensorDevice(machine).commands}

    def receive(self, datagram: bytes, now_s: float) -> bytes | None:
        """The datagram to answer with, if any; whatever is wrong with it, the BMC lives on."""
        if Fault.SILENT in self.machine.faults:
            return None
        try:
            return self._controller.receive(datagram, now_s)
        except Malformed as error:
            LOG.debug("dropped a datagram: %s", error)
            return None

    def _account(self, name: bytes) -> Account | None:
        known = self._accounts.get(name)
        return _CHANGED if known and Fault.WRONG_PASSWORD in self.machine.faults else known

    def _command(self, request: Request, privilege: int) -> Answer:
        what = request.net_fn, request.command
        if what == (session.APPLICATION, session.GET_DEVICE_ID):
            return Completion.OK, _DEVICE_ID
        handler = self._commands.get(what)
        if handler is None:
            return Completion.INVALID_COMMAND, b""
        if what in _NEEDS_OPERATOR and privilege < OPERATOR:
            return Completion.INSUFFICIENT_PRIVILEGE, b""
        try:
            return handler(request.data, self)
        except IndexError:
            return Completion.WRONG_LENGTH, b""
