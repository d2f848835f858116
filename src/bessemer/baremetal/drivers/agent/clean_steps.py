"""From the agent's list of clean steps to calls in the order in which they are to run; pure."""

from collections.abc import Mapping
from typing import Any, Final

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.errors import Invalid

MOST_STEPS: Final = 200
HIGHEST_PRIORITY: Final = 1_000_000

_REBOOT_INTO_RAMDISK: Final = (
    StepCall("power", "power_off"),
    StepCall("boot", "prepare_ramdisk", {"purpose": Purpose.CLEANING.value}),
    StepCall("management", "boot_from_network"),
    StepCall("power", "power_on"),
    StepCall("deploy", "wait_for_ramdisk"),
)
"""What follows a step that asks for a reboot (`reboot_requested`)."""


def clean_plan(offered: Any) -> tuple[StepCall, ...]:
    """Automatic cleaning from `clean_steps` of the answer to clean.get_clean_steps.

    `{manager: [{step, priority, interface, reboot_requested, abortable}]}`; steps of priority 0 are
    for explicit request only. Raises Invalid when the answer makes no sense.
    """
    if not isinstance(offered, Mapping):
        raise Invalid("get_clean_steps: the agent did not answer with its clean_steps.")
    steps = [step for entries in offered.values() for step in _list(entries)]
    if len(steps) > MOST_STEPS:
        raise Invalid(f"get_clean_steps: the agent lists {len(steps)} steps; that is not credible.")
    wanted: dict[str, Mapping[str, Any]] = {}
    for each in sorted(steps, key=lambda step: (-_priority(step), _name(step))):
        if _priority(each) > 0:
            wanted.setdefault(_name(each), each)
    return tuple(call for each in wanted.values() for call in _calls(each))


def _list(entries: Any) -> list[Any]:
    if not isinstance(entries, list):
        raise Invalid("get_clean_steps: a hardware manager's steps are no list.")
    return entries


def _calls(step: Mapping[str, Any]) -> tuple[StepCall, ...]:
    abortable = step.get("abortable") is True
    call = StepCall("deploy", _name(step), {}, _priority(step), abortable)
    return (call, *_REBOOT_INTO_RAMDISK) if step.get("reboot_requested") is True else (call,)


def _name(step: Any) -> str:
    name = step.get("step") if isinstance(step, Mapping) else None
    if not isinstance(name, str) or not name.isidentifier() or len(name) > 100:
        raise Invalid(f"get_clean_steps: {quoted(repr(name), 60)} is no name of a step.")
    return name


def _priority(step: Any) -> int:
    priority = step.get("priority") if isinstance(step, Mapping) else None
    if isinstance(priority, bool) or not isinstance(priority, int):
        raise Invalid(f"get_clean_steps: step {_name(step)} has no whole number as priority.")
    return max(0, min(priority, HIGHEST_PRIORITY))
