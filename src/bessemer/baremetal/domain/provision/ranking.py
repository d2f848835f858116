"""Which step comes before which, and whose word counts: driver's, template's or user's. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bessemer.baremetal.domain.provision.work import StepCall

WEIGHTS: Final[Mapping[str, int]] = {
    "network": 8,
    "vendor": 7,
    "power": 6,
    "management": 5,
    "firmware": 4,
    "deploy": 3,
    "bios": 2,
    "raid": 1,
}
"""Between steps of one priority, the heavier interface goes first (Ironic's conductor/steps.py)."""

VERIFY_WEIGHTS: Final[Mapping[str, int]] = {
    kind: 13 - place
    for place, kind in enumerate(
        (
            "power",
            "management",
            "firmware",
            "inspect",
            "deploy",
            "boot",
            "bios",
            "raid",
            "vendor",
            "network",
            "storage",
            "console",
            "rescue",
        )
    )
}


@dataclass(frozen=True, slots=True)
class OfferedStep:
    """A step that the agent in the ramdisk offers."""

    interface: str
    name: str
    priority: int = 0
    abortable: bool = False
    reboot: bool = False
    """Afterwards the machine must be booted into the ramdisk anew."""
    arguments: Mapping[str, bool] | None = field(default=None)
    """Names, and whether each is required; None: the agent does not say."""

    def __str__(self) -> str:
        return f"{self.interface}.{self.name}"


def ranked(calls: Iterable[StepCall], weights: Mapping[str, int] = WEIGHTS) -> tuple[StepCall, ...]:
    """The highest priority first; what is equal in priority and weight stays as it was."""
    return tuple(sorted(calls, key=lambda call: (-call.priority, -weights.get(call.interface, 0))))


def overridden(base: Iterable[StepCall], given: Iterable[StepCall]) -> tuple[StepCall, ...]:
    """`given` instead of the equally named steps of `base`; priority 0 switches a step off."""
    wanted = tuple(given)
    named = {str(call) for call in wanted}
    kept = (call for call in base if str(call) not in named)
    return tuple(call for call in (*kept, *wanted) if call.priority > 0)


def with_priorities(
    calls: Iterable[StepCall], priorities: Mapping[str, int]
) -> tuple[StepCall, ...]:
    """`priorities` by `interface.step` in place of the calls' own; priority 0 switches a step off."""
    changed = (replace(c, priority=priorities.get(str(c), c.priority)) for c in calls)
    return tuple(call for call in changed if call.priority > 0)


def refusal(call: StepCall, arguments: Mapping[str, bool]) -> str | None:
    """Why a step cannot be called with these arguments, in words; None when it can."""
    needed = (name for name, required in arguments.items() if required)
    missing = sorted(name for name in needed if name not in call.args)
    if missing:
        return f"step {call} lacks its required args: {', '.join(missing)}"
    unknown = sorted(set(call.args) - set(arguments))
    if unknown:
        takes = ", ".join(sorted(arguments)) or "none"
        names = ", ".join(name[:80] for name in unknown)
        return f"step {call} does not take args {names}; it takes: {takes}"
    return None
