"""Service: steps on a machine that carries an instance, and the instance back in its place."""

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.frames import into_ramdisk, out_of_ramdisk
from bessemer.baremetal.operations.given_steps import run_in_order
from bessemer.baremetal.operations.plan import Plan, Wish

INTO = (
    StepCall("power", "power_off"),
    StepCall("network", "unconfigure_tenant_networks"),
    StepCall("network", "add_network", {"purpose": Purpose.SERVICING.value}),
    *into_ramdisk(Purpose.SERVICING),
)
OUT = (
    *out_of_ramdisk(Purpose.SERVICING),
    StepCall("network", "configure_tenant_networks"),
    StepCall("boot", "restore_instance"),
)
"""After a failure the machine stays off, wired and set to boot its instance."""


def plan(wish: Wish) -> Plan:
    """The given steps in their order; without the ramdisk the machine is left as it runs."""
    steps = run_in_order(wish.steps, ramdisk=wish.uses_ramdisk)
    if not wish.uses_ramdisk:
        return Plan(steps)
    return Plan((*INTO, *steps, *OUT, StepCall("power", "power_on")), OUT)
