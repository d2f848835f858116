"""The ways in which a machine or its BMC can be told to misbehave, for tests and rehearsals."""

from collections.abc import Iterable
from enum import StrEnum

from bessemer_lab.errors import LabError


class Fault(StrEnum):
    """One misbehaviour; several may be in force at once."""

    SILENT = "silent"
    """The BMC answers nothing at all."""
    WRONG_PASSWORD = "wrong-password"  # noqa: S105
    """The BMC no longer takes the password of the rack file."""
    IGNORE_POWER_ON = "ignore-power-on"
    """Power-on is accepted, and nothing happens: the power stays off."""
    IGNORE_POWER_OFF = "ignore-power-off"
    """Power-off is accepted, and nothing happens: the power stays on."""
    IGNORE_SOFT_OFF = "ignore-soft-off"
    """The operating system is never told to shut down."""
    IGNORE_BOOT_DEVICE = "ignore-boot-device"
    """A boot device is accepted, and nothing changes."""
    NEVER_BOOTS = "never-boots"
    """The power goes on, and the machine does not execute one instruction."""
    NO_PXE = "no-pxe"
    """UEFI firmware boots over the network by HTTP only."""


def faults_named(words: Iterable[str]) -> frozenset[Fault]:
    """The faults of those names; `none` stands for no fault. Raise `LabError` for other words."""
    try:
        return frozenset(Fault(word) for word in words if word != "none")
    except ValueError as error:
        allowed = ", ".join([*Fault, "none"])
        raise LabError(f"{error}; allowed: {allowed}") from error
