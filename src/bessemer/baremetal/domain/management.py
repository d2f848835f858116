"""Words of hardware management: boot modes, indicators, virtual media, in wire spelling."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class BootMode(StrEnum):
    """How a machine's firmware starts its system."""

    BIOS = "bios"
    UEFI = "uefi"


class IndicatorComponent(StrEnum):
    """What an indicator belongs to."""

    CHASSIS = "chassis"
    SYSTEM = "system"
    DISK = "disk"
    POWER = "power"
    NIC = "nic"


class IndicatorState(StrEnum):
    """What an indicator does."""

    ON = "on"
    OFF = "off"
    BLINKING = "blinking"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One light: what it can be set to, or that it can only be looked at."""

    readonly: bool
    states: tuple[IndicatorState, ...]


Indicators = Mapping[IndicatorComponent, Mapping[str, Indicator]]
"""Indicators by component and id."""


class MediaDevice(StrEnum):
    """Drives that a BMC can pretend to have."""

    CDROM = "cdrom"
    DISK = "disk"
    FLOPPY = "floppy"


@dataclass(frozen=True, slots=True)
class VirtualMedium:
    """One such drive, and the image in it."""

    device: MediaDevice
    image_url: str | None = None
    inserted: bool = False


class Health(StrEnum):
    """What a BMC says of its machine as a whole (Redfish Status.HealthRollup)."""

    OK = "OK"
    WARNING = "Warning"
    CRITICAL = "Critical"
