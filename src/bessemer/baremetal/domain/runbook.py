"""A runbook: steps written down once, to clean or service nodes of matching traits by name."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bessemer.errors import Invalid


@dataclass(frozen=True, slots=True)
class RunbookStep:
    """One step: run by the node's `interface`, in `order` from low to high."""

    interface: str
    step: str
    order: int
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Runbook:
    """Everybody may use it when `public`, else its owner's project and the system's operators."""

    uuid: str
    name: str
    steps: tuple[RunbookStep, ...]
    description: str | None = None
    owner: str | None = None
    public: bool = False
    disable_ramdisk: bool = False
    traits: frozenset[str] = frozenset()
    extra: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def in_order(self) -> tuple[RunbookStep, ...]:
        """The steps in the order in which they run."""
        return tuple(sorted(self.steps, key=lambda step: step.order))

    def fits(self, node_traits: Collection[str]) -> bool:
        """Whether a node of these traits may be worked on by it.

        It fits by any of its traits; by its name as a trait when it has none (all that there was
        before microversion 1.112).
        """
        return bool((self.traits or {self.name}) & set(node_traits))


def check_orders(steps: Iterable[RunbookStep]) -> None:
    """Raises Invalid when two steps have the same place in the order."""
    taken: dict[int, RunbookStep] = {}
    for each in steps:
        other = taken.setdefault(each.order, each)
        if other is not each:
            raise Invalid(
                f"steps: {other.interface}.{other.step[:80]} and {each.interface}.{each.step[:80]} "
                f"both have the order {each.order}; each step needs one of its own."
            )
