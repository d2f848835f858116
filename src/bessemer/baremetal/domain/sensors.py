"""What a machine's sensors said last, and what of it is a number. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

Readings = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Kind of sensor -> its id -> what the BMC says of it, in its words."""

ALL: Final = "ALL"
READING: Final = "Sensor Reading"
_NUMBER: Final = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)(?:\s+(?:\(\+/-[^)]*\)\s*)?([^\W\d_].*))?\Z")


@dataclass(frozen=True, slots=True)
class SensorReport:
    """The last good readings and when they were taken; the last failure, if it came later."""

    readings: Readings = field(default_factory=dict)
    read_at: datetime | None = None
    failure: str | None = None
    failed_at: datetime | None = None

    def failed(self, why: str, moment: datetime) -> "SensorReport":
        """What was read before stays."""
        return replace(self, failure=why, failed_at=moment)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number, in the unit that the BMC names; "" when it names none."""

    kind: str
    sensor: str
    value: float
    unit: str


def of_types(readings: Readings, wanted: Collection[str]) -> Readings:
    """Those of the kinds wanted, in any case of letters."""
    names = {name.lower() for name in wanted}
    if ALL.lower() in names:
        return readings
    return {kind: sensors for kind, sensors in readings.items() if kind.lower() in names}


def measurements(readings: Readings) -> Iterator[Measurement]:
    """The sensors that tell a number; others tell states."""
    for kind, sensors in readings.items():
        for sensor, said in sensors.items():
            found = _NUMBER.match(str(said.get(READING, "")).strip())
            if found is not None:
                yield Measurement(kind, sensor, float(found[1]), found[2] or "")
