"""Clean: make a machine safe for its next tenant; from `manageable` or after deletion."""

from bessemer.baremetal.domain.node import Node
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
    """By hand: the given steps in their order. Else: automated cleaning, if the node wants it."""
    if not wish.by_hand:
        wanted = wanted_by(wish.node, wish.settings)
        return automated(wish.settings) if wanted else Plan(())
    steps = run_in_order(wish.steps, ramdisk=wish.uses_ramdisk)
    if not wish.uses_ramdisk:
        return Plan(steps, finish=Event.MANAGE)
    return Plan((*INTO, *steps, *OUT), OUT, Event.MANAGE)


def automated(settings: BareMetalSettings) -> Plan:
    """Every clean step of priority above 0, of the plug-ins and of the agent."""
    overrides = settings.clean_step_priority_override
    args = {"priorities": overrides} if overrides else {}
    return Plan((*INTO, StepCall("deploy", "collect_clean_steps", args), *OUT), OUT)


def wanted_by(node: Node, settings: BareMetalSettings) -> bool:
    """The node's own word on automated cleaning, else the setting's."""
    return settings.automated_clean if node.automated_clean is None else node.automated_clean
