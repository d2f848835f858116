"""Adopt: take a machine over that runs its instance already; nothing on it is touched."""

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.operations.plan import Plan, Wish

STEPS = (StepCall("power", "verify"), StepCall("deploy", "take_over"))


def plan(wish: Wish) -> Plan:
    """The same for every node."""
    return Plan(STEPS)
