"""Clean: make a machine safe for its next tenant; from `manageable` or after deletion."""

from dataclasses import replace

from bessemer.baremetal.domain.provision.states import Event
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.frames import (
    by_running_ramdisk,
    into_ramdisk,
    out_of_ramdisk,
    stay_in_ramdisk,
)
from bessemer.baremetal.operations.given_steps import run_in_order
from bessemer.baremetal.operations.plan import Plan, Wish

INTO: tuple[StepCall, ...] = (
    StepCall("power", "power_off"),
    StepCall("network", "add_network", {"purpose": Purpose.CLEANING.value}),
    *into_ramdisk(Purpose.CLEANING),
)
OUT = out_of_ramdisk(Purpose.CLEANING)


def plan(wish: Wish) -> Plan:
    """By hand: the given steps in their order, and back to `manageable`."""
    return replace(with_given_steps(wish), finish=Event.MANAGE)


def with_given_steps(wish: Wish) -> Plan:
    """The given steps in their order, under the ramdisk if any of them wants it."""
    steps = run_in_order(wish.steps, ramdisk=wish.uses_ramdisk)
    return _under_ramdisk(wish, steps) if wish.uses_ramdisk else Plan(steps)


def automated(wish: Wish) -> Plan:
    """Every clean step of priority above 0, of the plug-ins and of the agent."""
    overrides = wish.settings.clean_step_priority_override
    args = {"priorities": overrides} if overrides else {}
    return _under_ramdisk(wish, (StepCall("deploy", "collect_clean_steps", args),))


def _under_ramdisk(wish: Wish, steps: tuple[StepCall, ...]) -> Plan:
    if not wish.on_fast_track:
        return Plan((*INTO, *steps, *OUT), OUT)
    into = by_running_ramdisk(INTO, Purpose.CLEANING)
    return Plan((*into, *steps, *stay_in_ramdisk(Purpose.CLEANING)), OUT)
