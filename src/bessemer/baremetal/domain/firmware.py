"""A firmware component of a machine, and the versions that it has had."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FirmwareComponent:
    """`component` is `bmc`, `bios`, `nic:<name>` …; `initial_version` what was found first."""

    component: str
    initial_version: str
    current_version: str | None = None
    last_version_flashed: str | None = None
    vendor: str | None = None
    model: str | None = None
    serial_number: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
