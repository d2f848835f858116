"""Clean: make a machine safe for its next tenant; from `manageable` or after deletion."""

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.interfaces.boot import Purpose

_PURPOSE = {"purpose": Purpose.CLEANING.value}

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
    StepCall("deploy", "wait_for_ramdisk"),
    StepCall("deploy", "collect_clean_steps"),
    *CLEAN_UP,
)
