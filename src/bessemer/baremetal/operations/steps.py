"""Steps that somebody asked for, judged against what the node's plug-ins and the settings allow."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.ranking import VERIFY_WEIGHTS, ranked, refusal
from bessemer.baremetal.domain.provision.ranking import with_priorities as with_other_priorities
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.interfaces.deploy import call_of
from bessemer.baremetal.interfaces.plugin import StepFacts
from bessemer.baremetal.interfaces.registry import NodeInterfaces
from bessemer.baremetal.interfaces.reserved import LONGEST_WAIT, RESERVED, RESERVED_ARGUMENTS
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid

AGENT_LIVES: Final = (40, 100)
"""Between these priorities (both excluded) a deploy has an agent to run in-band steps."""
WRITES_IMAGE: Final = 80


@dataclass(frozen=True, slots=True)
class Judged:
    """A step that may run. `in_band`: by the agent, which has the last word on it."""

    call: StepCall
    in_band: bool
    needs_ramdisk: bool


def judged(
    calls: Iterable[StepCall],
    phase: str,
    interfaces: NodeInterfaces,
    settings: BareMetalSettings,
) -> tuple[Judged, ...]:
    """Each with what its plug-in says of it. Raises Invalid, naming the step and the rule."""
    denied = getattr(settings, f"disallow_{phase}_steps", ())
    found: list[Judged] = []
    for call in calls:
        if str(call) in denied:
            raise Invalid(
                f"Step {call} is not allowed in {phase} steps (setting "
                f"baremetal.disallow_{phase}_steps)."
            )
        found.extend(_expanded(_judge(call, phase, interfaces)))
    return tuple(found)


def _judge(call: StepCall, phase: str, interfaces: NodeInterfaces) -> Judged:
    if call.name in RESERVED:
        return _reserved(call)
    facts = interfaces.of(call.interface).steps().get(call.name)
    if facts is None or call.on_children:
        # A child node has other plug-ins, and the agent other steps: both are asked when it is time.
        return Judged(call, in_band=not call.on_children, needs_ramdisk=not call.on_children)
    if phase not in facts.phases:
        phases = ", ".join(sorted(facts.phases)) or "none"
        raise Invalid(f"Step {call} is no {phase} step; it may be asked for in: {phases}.")
    arguments = {argument.name: argument.required for argument in facts.arguments}
    _refuse(refusal(call, arguments))
    abortable = replace(call, abortable=facts.abortable)
    return Judged(abortable, in_band=False, needs_ramdisk=facts.requires_ramdisk)


def _reserved(call: StepCall) -> Judged:
    _refuse(refusal(call, RESERVED_ARGUMENTS[call.name]))
    seconds = call.args.get("seconds", 1)
    longest = LONGEST_WAIT.total_seconds()
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds <= longest:
        raise Invalid(f"Step {call}: args/seconds must be a whole number from 1 to {longest:.0f}.")
    return Judged(call, in_band=False, needs_ramdisk=call.name == "wait" and not call.args)


def _expanded(step: Judged) -> Iterator[Judged]:
    """A reboot of children is off, then on; a hold or wait is the parent's, whoever's it is called."""
    call = step.call
    if call.on_children and call.name == "reboot":
        for name in ("power_off", "power_on"):
            yield replace(step, call=replace(call, interface="power", name=name))
    elif call.on_children and call.name in {"hold", "wait"}:
        yield replace(step, call=replace(call, on_children=False, children=()))
    else:
        yield step


def check_window(steps: Iterable[Judged]) -> None:
    """In-band deploy steps run only while the agent lives. Raises Invalid."""
    lowest, highest = AGENT_LIVES
    for each in steps:
        priority = each.call.priority
        lives = lowest < priority < highest and priority != WRITES_IMAGE
        if each.in_band and priority and not lives:
            raise Invalid(
                f"Step {each.call} is run by the agent in the ramdisk, and so needs a priority "
                f"from {lowest + 1} to {highest - 1} other than {WRITES_IMAGE}, not {priority}."
            )


def own_steps(interfaces: NodeInterfaces, phase: str) -> tuple[StepCall, ...]:
    """Every step of the node's plug-ins that runs in `phase` without being asked for, unordered."""
    return tuple(call for call, facts in _every(interfaces, phase) if facts.priority)


def verify_steps(interfaces: NodeInterfaces, priorities: Mapping[str, int]) -> tuple[StepCall, ...]:
    """Verify steps of priority above 0, the highest first."""
    calls = [call for call, _ in _every(interfaces, "verify")]
    return ranked(with_other_priorities(calls, priorities), VERIFY_WEIGHTS)


def _every(interfaces: NodeInterfaces, phase: str) -> Iterator[tuple[StepCall, StepFacts]]:
    for kind in InterfaceKind:
        for facts in interfaces.of(kind).steps().values():
            if phase in facts.phases:
                yield call_of(kind, facts), facts


def _refuse(problem: str | None) -> None:
    if problem is not None:
        raise Invalid(f"{problem[0].upper()}{problem[1:]}.")
