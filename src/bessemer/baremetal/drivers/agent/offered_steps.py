"""What an agent says of its own steps, read with suspicion; pure."""

from collections.abc import Mapping
from typing import Any, Final

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.ranking import OfferedStep
from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.errors import Invalid

MOST_STEPS: Final = 200
HIGHEST_PRIORITY: Final = 1_000_000

_INTERFACES: Final = frozenset(kind.value for kind in InterfaceKind)


def offered_steps(phase: str, answer: Any) -> tuple[OfferedStep, ...]:
    """From `<phase>_steps` of the answer to `<phase>.get_<phase>_steps`.

    `{manager: [{step, priority, interface, reboot_requested, abortable, argsinfo}]}`; of a step
    that several managers offer, the one of the highest priority counts. Raises Invalid when the
    answer makes no sense.
    """
    said = f"get_{phase}_steps"
    if not isinstance(answer, Mapping):
        raise Invalid(f"{said}: the agent did not answer with its {phase}_steps.")
    entries = [entry for listed in answer.values() for entry in _list(said, listed)]
    if len(entries) > MOST_STEPS:
        raise Invalid(f"{said}: the agent lists {len(entries)} steps; that is not credible.")
    steps = [_step(said, entry) for entry in entries]
    found: dict[str, OfferedStep] = {}
    for each in sorted(steps, key=lambda step: (-step.priority, step.name)):
        found.setdefault(str(each), each)
    return tuple(found.values())


def _list(said: str, entries: Any) -> list[Any]:
    if not isinstance(entries, list):
        raise Invalid(f"{said}: a hardware manager's steps are no list.")
    return entries


def _step(said: str, entry: Any) -> OfferedStep:
    name = entry.get("step") if isinstance(entry, Mapping) else None
    if not isinstance(name, str) or not name.isidentifier() or len(name) > 100:
        raise Invalid(f"{said}: {quoted(repr(name), 60)} is no name of a step.")
    interface = entry.get("interface")
    return OfferedStep(
        interface=interface if interface in _INTERFACES else InterfaceKind.DEPLOY.value,
        name=name,
        priority=_priority(said, name, entry.get("priority")),
        abortable=entry.get("abortable") is True,
        reboot=entry.get("reboot_requested") is True,
        arguments=_arguments(entry.get("argsinfo")),
    )


def _priority(said: str, name: str, priority: Any) -> int:
    if isinstance(priority, bool) or not isinstance(priority, int):
        raise Invalid(f"{said}: step {name} has no whole number as priority.")
    return max(0, min(priority, HIGHEST_PRIORITY))


def _arguments(described: Any) -> Mapping[str, bool] | None:
    """None when the agent says nothing: then it judges the arguments itself."""
    if not isinstance(described, Mapping):
        return None
    return {
        str(name): isinstance(facts, Mapping) and facts.get("required") is True
        for name, facts in described.items()
    }
