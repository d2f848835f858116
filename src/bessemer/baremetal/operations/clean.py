"""Clean: make a machine safe for its next tenant; from `manageable` or after deletion."""

from dataclasses import replace

from bessemer.baremetal.domain.provision.states import Event
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.frames import into_ramdisk, out_of_ramdisk
from bessemer.baremetal.operations.given_steps import run_in_order
from bessemer.baremetal.operations.plan import Plan, Wish
from bessemer.baremetal.settings import BareMetalSettings

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
    return Plan((*INTO, *steps, *OUT), OUT) if wish.uses_ramdisk else Plan(steps)


def automated(settings: BareMetalSettings) -> Plan:
    """Every clean step of priority above 0, of the plug-ins and of the agent."""
    overrides = settings.clean_step_priority_override
    args = {"priorities": overrides} if overrides else {}
    return Plan((*INTO, StepCall("deploy", "collect_clean_steps", args), *OUT), OUT)
