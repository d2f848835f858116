"""Inspect: boot the ramdisk on the inspection network and learn from what it posts."""

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.frames import out_of_ramdisk, stay_in_ramdisk
from bessemer.baremetal.operations.plan import Plan, Wish

_PURPOSE = {"purpose": Purpose.INSPECTION.value}

CLEAN_UP = out_of_ramdisk(Purpose.INSPECTION)

STEPS = (
    StepCall("power", "power_off"),
    StepCall("network", "add_network", _PURPOSE),
    StepCall("boot", "prepare_ramdisk", _PURPOSE),
    StepCall("management", "boot_from_network"),
    StepCall("power", "power_on"),
    StepCall("inspect", "wait_for_data"),
    StepCall("inspect", "process_data"),
)


def plan(wish: Wish) -> Plan:
    """The ramdisk is booted for every inspection, since it reports when it starts."""
    leave = stay_in_ramdisk(Purpose.INSPECTION) if wish.on_fast_track else CLEAN_UP
    return Plan((*STEPS, *leave), CLEAN_UP)
