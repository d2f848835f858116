"""A deploy template: steps that a deploy runs besides its own when an instance asks for the trait."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bessemer.errors import Invalid

TRAIT: Final = re.compile(r"(CUSTOM|COMPUTE|HW|MISC|OWNER|STORAGE)_[A-Z0-9_]{1,240}\Z")
"""The namespaces of os-traits, and one's own."""


@dataclass(frozen=True, slots=True)
class TemplateStep:
    """One step of a deploy: run by the node's `interface`, the higher priority first, 0 not at all."""

    interface: str
    step: str
    args: Mapping[str, Any]
    priority: int


@dataclass(frozen=True, slots=True)
class DeployTemplate:
    """`name` is the trait by which an instance asks for it."""

    uuid: str
    name: str
    steps: tuple[TemplateStep, ...]
    description: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None


def trait(name: str, value: str) -> str:
    """The trait. Raises Invalid naming the field for what is none."""
    if not TRAIT.match(value):
        raise Invalid(
            f"{name}: {value[:80]!r} is no trait: expected a name of os-traits, or CUSTOM_ and then "
            "capital letters, digits and '_'."
        )
    return value


def check_different(steps: Iterable[TemplateStep]) -> None:
    """Raises Invalid when the same step of the same interface comes twice."""
    seen = set()
    for each in steps:
        if (each.interface, each.step) in seen:
            raise Invalid(
                f"steps: {each.interface}.{each.step[:80]} comes twice; a deploy template has "
                "each step once."
            )
        seen.add((each.interface, each.step))
