"""A small sensor repository: full sensor records (IPMI 2.0, section 43.1) and their readings."""

import struct
from dataclasses import dataclass
from typing import Final, Protocol

from bessemer_lab.bmc.answers import NOT_PRESENT, OK, Answer, Commands
from bessemer_lab.bmc.session import Session
from bessemer_lab.machine.machine import Power

FULL_RECORD: Final = 0x01
SDR_VERSION: Final = 0x51
RESERVATION: Final = 1
BMC_ADDRESS: Final = 0x20
LAST_RECORD: Final = 0xFFFF

# Unit codes of table 43-15, type codes of table 42-3.
CELSIUS, VOLTS, WATTS, RPM = 1, 4, 6, 18
TEMPERATURE, VOLTAGE, FAN, POWER = 0x01, 0x02, 0x04, 0x0B
SYSTEM_BOARD: Final = 7

# Section 35.14: bit 6 of the second byte says that scanning is on, bit 5 that there is no reading.
SCANNING, UNAVAILABLE = 0x40, 0x20


@dataclass(frozen=True, slots=True)
class Sensor:
    """An analogue sensor; its reading is `raw * factor` in its unit, and 0 or none with power off."""

    name: str
    kind: int
    unit: int
    factor: int
    raw: int
    raw_when_off: int | None


SENSORS: Final = (
    Sensor("Inlet Temp", TEMPERATURE, CELSIUS, 1, 22, 21),
    Sensor("CPU Temp", TEMPERATURE, CELSIUS, 1, 41, None),
    Sensor("Fan 1", FAN, RPM, 100, 42, 0),
    Sensor("PSU 1 Power", POWER, WATTS, 2, 60, 4),
)


def record(number: int) -> bytes:
    """The full sensor record of sensor `number`; `IndexError` if there is none."""
    sensor = SENSORS[number]
    name = sensor.name.encode("ascii")
    body = struct.pack(
        "<BBBBBBBBBHHHBBBBBBBBBB",
        *(BMC_ADDRESS, 0, number),  # owner, lun, sensor number
        *(SYSTEM_BOARD, 1),  # entity and its instance
        *(0x7F, 0x40),  # initialised, scanning; no thresholds, auto re-arm
        *(sensor.kind, 0x01),  # event type: threshold
        *(0, 0, 0),  # no events, no settable thresholds
        *(0x00, sensor.unit, 0),  # unsigned reading, base unit, no modifier
        *(0, sensor.factor & 0xFF, sensor.factor >> 8 << 6, 0, 0, 0, 0),  # linear, M, B, exponents
    )
    limits = bytes([0x01, sensor.raw, 0xFF, 0, 0xFF, 0]) + bytes(6) + bytes([1, 1, 0, 0, 0])
    tail = body + limits + bytes([0xC0 | len(name)]) + name
    return struct.pack("<HBBB", number, SDR_VERSION, FULL_RECORD, len(tail)) + tail


def next_record(number: int) -> int:
    """The id of the record after `number`."""
    return number + 1 if number + 1 < len(SENSORS) else LAST_RECORD


def reading(number: int, *, powered: bool) -> bytes:
    """The answer to Get Sensor Reading; `IndexError` if there is no such sensor."""
    sensor = SENSORS[number]
    raw = sensor.raw if powered else sensor.raw_when_off
    if raw is None:
        return bytes([0, SCANNING | UNAVAILABLE, 0xC0])
    return bytes([raw, SCANNING, 0xC0])


class Powered(Protocol):
    """A machine as its sensors need it."""

    @property
    def power(self) -> Power:
        """Sensors read other values with power off."""


class SensorDevice:
    """The repository and sensor commands of one machine's BMC (sections 33 and 35)."""

    def __init__(self, machine: Powered) -> None:
        self.machine = machine
        self.commands: Commands = {
            (0x04, 0x2D): self._reading,
            (0x0A, 0x20): self._info,
            (0x0A, 0x22): self._reserve,
            (0x0A, 0x23): self._get,
        }

    def _info(self, _data: bytes, _session: Session) -> Answer:
        # Version, records, free space, two time stamps, reservations supported.
        return OK, struct.pack("<BHHIIB", SDR_VERSION, len(SENSORS), 0, 0, 0, 0x02)

    def _reserve(self, _data: bytes, _session: Session) -> Answer:
        return OK, struct.pack("<H", RESERVATION)

    def _get(self, data: bytes, _session: Session) -> Answer:
        _, number, offset, count = struct.unpack("<HHBB", data[:6].ljust(6, b"\xff"))
        if number >= len(SENSORS):
            return NOT_PRESENT, b""
        return OK, struct.pack("<H", next_record(number)) + record(number)[offset:][:count]

    def _reading(self, data: bytes, _session: Session) -> Answer:
        if data[0] >= len(SENSORS):
            return NOT_PRESENT, b""
        return OK, reading(data[0], powered=self.machine.power is Power.ON)
