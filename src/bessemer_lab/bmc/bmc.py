"""A BMC: IPMI 2.0 over UDP, by pyghmi's server side, running in the machine's own event loop."""

import asyncio
import logging
import secrets
import struct
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

from pyghmi.ipmi import bmc as pyghmi_bmc

from bessemer_lab.bmc import boot_flags, sensors
from bessemer_lab.bmc.session import Session
from bessemer_lab.bmc.sol import LARGEST, SerialOverLan
from bessemer_lab.machine.command_line import identity
from bessemer_lab.machine.faults import Fault
from bessemer_lab.machine.machine import Machine, Power
from bessemer_lab.rack import Firmware

LOG = logging.getLogger(__name__)
PORT: Final = 623
SESSION_LIMIT_S: Final = 60.0
"""An idle session is forgotten after this: IPMI 2.0, section 6.12.15."""
FLAGS_LIMIT_S: Final = 60.0
"""Boot flags lapse after this unless parameter 3 says otherwise: IPMI 2.0, table 28-14."""

OK, INVALID_FIELD, NOT_SUPPORTED, UNKNOWN_COMMAND, UNSPECIFIED = 0, 0xCC, 0x80, 0xC1, 0xFF
NOT_PRESENT, WRONG_LENGTH = 0xCB, 0xC7
ALREADY_ACTIVE, PAYLOAD_DISABLED = 0x80, 0x81
SOL_PAYLOAD: Final = 1
RESERVATION: Final = 1

# Numbers of section 28.3, Chassis Control.
CHASSIS_ORDERS: Final[dict[int, Callable[[Machine], Coroutine[Any, Any, None]]]] = {
    0: Machine.power_off,
    1: Machine.power_on,
    2: Machine.cycle,
    3: Machine.reset,
    4: Machine.interrupt,
    5: Machine.soft_off,
}

Answer = tuple[int, bytes]


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


class Bmc(pyghmi_bmc.Bmc, asyncio.DatagramProtocol):  # type: ignore[misc]
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
        self._sessions: dict[tuple[str, int], tuple[Session, float]] = {}
        self._orders: set[asyncio.Task[None]] = set()
        self._keep_flags = False
        self._lapse: asyncio.TimerHandle | None = None
        self._commands: dict[tuple[int, int], Callable[[bytes, Session], Answer]] = {
            (0x00, 0x01): self._chassis_status,
            (0x00, 0x02): self._chassis_control,
            (0x00, 0x08): self._set_boot_option,
            (0x00, 0x09): self._get_boot_option,
            (0x04, 0x2D): self._sensor_reading,
            (0x06, 0x01): self._device_id,
            (0x06, 0x37): self._system_guid,
            (0x06, 0x48): self._activate_payload,
            (0x06, 0x49): self._deactivate_payload,
            (0x0A, 0x20): self._sdr_info,
            (0x0A, 0x22): self._sdr_reserve,
            (0x0A, 0x23): self._sdr_get,
        }

    # --- datagrams -------------------------------------------------------------------------------

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
        known = self._sessions.get(client)
        # RMCP+ (authentication type 6) belongs to the client's session, unless it opens a new one
        # from the same port; anything else is outside of any session.
        if known is not None and data[4] == 6 and data[5] & 0x3F != 0x10:
            self._sessions[client] = (known[0], time.monotonic())
            known[0].handle(data)
        else:
            self.sessionless_data(data, client)

    def sessionless_data(self, data: bytes, sockaddr: tuple[str, int]) -> None:
        """Answer what needs no session; open one when asked (pyghmi's hook, hence the names)."""
        if len(data) >= 24 and data[4] == 6 and data[5] == 0x10:
            self._forget_idle()
            session = Session(self, data[16:], sockaddr)
            session.closed = lambda: self._forget(sockaddr)
            self._sessions[sockaddr] = (session, time.monotonic())
        else:
            super().sessionless_data(data, sockaddr)

    def _forget(self, client: tuple[str, int]) -> None:
        session, _ = self._sessions.pop(client, (None, 0.0))
        if session is not None and session.console is not None:
            session.console.close()

    def _forget_idle(self) -> None:
        oldest = time.monotonic() - SESSION_LIMIT_S
        for client, (_, seen) in tuple(self._sessions.items()):
            if seen < oldest:
                self._forget(client)

    # --- commands --------------------------------------------------------------------------------

    def handle_raw_request(self, request: dict[str, Any], session: Session) -> None:
        """Answer one command of a session (pyghmi's hook)."""
        command = self._commands.get((request["netfn"], request["command"]))
        code, data = UNKNOWN_COMMAND, b""
        if command is not None:
            try:
                code, data = command(bytes(request["data"]), session)
            except IndexError:
                code = WRONG_LENGTH
            except Exception:
                LOG.exception("failed on %s", request)
                code = UNSPECIFIED
        session.send_ipmi_response(data=data, code=code)

    def _order(self, work: Coroutine[Any, Any, None]) -> Answer:
        # A BMC acknowledges an order, then carries it out.
        task = asyncio.ensure_future(work)
        self._orders.add(task)
        task.add_done_callback(self._ordered)
        return OK, b""

    def _ordered(self, task: asyncio.Task[None]) -> None:
        self._orders.discard(task)
        if not task.cancelled() and (error := task.exception()):
            LOG.error("an order failed: %s", error)

    def _chassis_status(self, _data: bytes, _session: Session) -> Answer:
        return OK, bytes([1 if self.machine.power is Power.ON else 0, 0, 0])

    def _chassis_control(self, data: bytes, _session: Session) -> Answer:
        order = CHASSIS_ORDERS.get(data[0] & 0x0F)
        if order is None:
            return INVALID_FIELD, b""
        self._cancel_lapse()
        return self._order(order(self.machine))

    def _set_boot_option(self, data: bytes, _session: Session) -> Answer:
        parameter, value = data[0] & 0x7F, data[1:]
        if parameter == boot_flags.VALID_BIT_CLEARING:
            self._keep_flags = bool(value[0] & boot_flags.KEEP_AFTER_TIMEOUT)
            return OK, b""
        if parameter in (boot_flags.SET_IN_PROGRESS, boot_flags.INFO_ACKNOWLEDGE):
            return OK, b""
        if parameter != boot_flags.BOOT_FLAGS:
            return NOT_SUPPORTED, b""
        try:
            flags = boot_flags.decode(value)
        except ValueError:
            return INVALID_FIELD, b""
        self._start_lapse(once=not flags.persistent)
        return self._order(self.machine.set_boot_device(flags.device, persistent=flags.persistent))

    def _get_boot_option(self, data: bytes, _session: Session) -> Answer:
        parameter = data[0] & 0x7F
        uefi = self.machine.spec.firmware is Firmware.UEFI
        values = {
            boot_flags.SET_IN_PROGRESS: b"\0",
            boot_flags.VALID_BIT_CLEARING: bytes(
                [boot_flags.KEEP_AFTER_TIMEOUT if self._keep_flags else 0]
            ),
            boot_flags.INFO_ACKNOWLEDGE: b"\0\0",
            boot_flags.BOOT_FLAGS: boot_flags.encode(self.machine.boot, uefi=uefi),
        }
        if parameter not in values:
            return NOT_SUPPORTED, b""
        return OK, bytes([1, parameter]) + values[parameter]

    def _start_lapse(self, *, once: bool) -> None:
        self._cancel_lapse()
        if once and not self._keep_flags:
            loop = asyncio.get_running_loop()
            self._lapse = loop.call_later(FLAGS_LIMIT_S, self._flags_lapse)

    def _cancel_lapse(self) -> None:
        if self._lapse is not None:
            self._lapse.cancel()
            self._lapse = None

    def _flags_lapse(self) -> None:
        always = self.machine.boot.always
        self._order(self.machine.set_boot_device(always, persistent=True))

    def _device_id(self, _data: bytes, _session: Session) -> Answer:
        # Section 20.1: device 1, revision 1, firmware 1.00, IPMI 2.0; SDR repository and sensors.
        manufacturer, product = 0, 0x0B55
        head = bytes([0x01, 0x81, 0x01, 0x00, 0x02, 0x83])
        return OK, head + manufacturer.to_bytes(3, "little") + product.to_bytes(2, "little")

    def _system_guid(self, _data: bytes, _session: Session) -> Answer:
        return OK, self.uuid.bytes_le

    # --- serial over LAN -------------------------------------------------------------------------

    def _activate_payload(self, data: bytes, session: Session) -> Answer:
        if data[0] & 0x3F != SOL_PAYLOAD:
            return PAYLOAD_DISABLED, b""
        if any(other.console for other, _ in self._sessions.values()):
            return ALREADY_ACTIVE, b""
        listeners = self.machine.console.listeners

        def closed() -> None:
            listeners.discard(console.said)
            session.console = session.sol_handler = None

        console = SerialOverLan(session.send_console, self.machine.console.type, closed)
        session.open_console(console)
        listeners.add(console.said)
        # Section 24.1: no auxiliary data, sizes inbound and outbound, our port, no VLAN.
        return OK, struct.pack("<4xHHHH", LARGEST + 4, LARGEST + 4, PORT, 0xFFFF)

    def _deactivate_payload(self, data: bytes, _session: Session) -> Answer:
        if data[0] & 0x3F != SOL_PAYLOAD:
            return PAYLOAD_DISABLED, b""
        consoles = [session.console for session, _ in self._sessions.values() if session.console]
        for console in consoles:
            console.close()
        return (OK if consoles else ALREADY_ACTIVE), b""

    # --- sensors ---------------------------------------------------------------------------------

    def _sdr_info(self, _data: bytes, _session: Session) -> Answer:
        # Section 33.9: version, records, free space, two time stamps, reservations supported.
        return OK, struct.pack("<BHHIIB", sensors.SDR_VERSION, len(sensors.SENSORS), 0, 0, 0, 0x02)

    def _sdr_reserve(self, _data: bytes, _session: Session) -> Answer:
        return OK, struct.pack("<H", RESERVATION)

    def _sdr_get(self, data: bytes, _session: Session) -> Answer:
        _, number, offset, count = struct.unpack("<HHBB", data[:6].ljust(6, b"\xff"))
        if number >= len(sensors.SENSORS):
            return NOT_PRESENT, b""
        part = sensors.record(number)[offset:][:count]
        return OK, struct.pack("<H", sensors.next_record(number)) + part

    def _sensor_reading(self, data: bytes, _session: Session) -> Answer:
        if data[0] >= len(sensors.SENSORS):
            return NOT_PRESENT, b""
        return OK, sensors.reading(data[0], powered=self.machine.power is Power.ON)
