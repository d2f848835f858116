"""Inspect: boot the ramdisk on the inspection network and learn from what it posts."""

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.interfaces.boot import Purpose

_PURPOSE = {"purpose": Purpose.INSPECTION.value}

CLEAN_UP = (
    StepCall("power", "power_off"),
    StepCall("boot", "clean_up_ramdisk"),
    StepCall("network", "remove_network", _PURPOSE),
)

STEPS = (
    StepCall("power", "power_off"),
    StepCall("network", "add_network", _PURPOSE),
    StepCall("boot", "prepare_ramdisk", _PURPOSE),
    StepCall("management", "boot_from_network"),
    StepCall("power", "power_on"),
    StepCall("inspect", "wait_for_data"),
    StepCall("inspect", "process_data"),
    *CLEAN_UP,
)
