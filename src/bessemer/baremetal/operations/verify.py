"""Verify: can the BMC be reached, and does it obey? From `enroll` to `manageable`."""

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.operations.plan import Plan, Wish
from bessemer.baremetal.operations.steps import verify_steps


def plan(wish: Wish) -> Plan:
    """The BMC must answer; then whatever else the plug-ins want to see."""
    first = StepCall("power", "verify")
    further = verify_steps(wish.interfaces, wish.settings.verify_step_priority_override)
    return Plan((first, *(call for call in further if str(call) != str(first))))
