"""Rescue: a ramdisk to log in to, on the tenant's networks, beside the instance's disk; and back."""

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.frames import into_ramdisk, out_of_ramdisk
from bessemer.baremetal.operations.plan import Plan, Wish

_PURPOSE = {"purpose": Purpose.RESCUING.value}

CLEAN_UP = (*out_of_ramdisk(Purpose.RESCUING), StepCall("rescue", "forget"))
"""The machine stays off: its own system may be what it has to be rescued from."""

INTO = (
    StepCall("power", "power_off"),
    StepCall("network", "unconfigure_tenant_networks"),
    StepCall("network", "add_network", _PURPOSE),
    *into_ramdisk(Purpose.RESCUING),
    StepCall("rescue", "rescue"),
    StepCall("boot", "clean_up_ramdisk"),
    StepCall("network", "remove_network", _PURPOSE),
    StepCall("network", "configure_tenant_networks"),
)

OUT = (
    StepCall("power", "power_off"),
    StepCall("rescue", "unrescue"),
    StepCall("boot", "clean_up_ramdisk"),
    StepCall("network", "remove_network", _PURPOSE),
    StepCall("network", "configure_tenant_networks"),
    StepCall("boot", "restore_instance"),
    StepCall("rescue", "forget"),
    StepCall("power", "power_on"),
)


def plan_rescue(wish: Wish) -> Plan:
    """The same for every node."""
    return Plan(INTO, CLEAN_UP)


def plan_unrescue(wish: Wish) -> Plan:
    """The same for every node. After a failure nothing is taken back: unrescue may be tried again."""
    return Plan(OUT)
