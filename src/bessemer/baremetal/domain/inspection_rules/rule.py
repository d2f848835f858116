"""An inspection rule, and how one is read from JSON or YAML with every mistake named."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bessemer.baremetal.domain.inspection_rules.actions import ACTIONS, Action
from bessemer.baremetal.domain.inspection_rules.attributes import check_path
from bessemer.baremetal.domain.inspection_rules.checks import CHECKS, Check, compiled
from bessemer.errors import Invalid

PHASES: Final = ("main",)
MULTIPLE: Final = ("any", "all", "first", "last")
HIGHEST_PRIORITY: Final = 9999
MOST_OPERATIONS: Final = 200
LONGEST_LOOP: Final = 1000


@dataclass(frozen=True, slots=True)
class Operation:
    """A condition or an action as it was written. `loop`: what `item` is, one after the other."""

    op: str
    args: Any
    loop: Any = None
    multiple: str = "any"
    """How the results of a condition's loop are taken together."""

    def written(self) -> dict[str, Any]:
        """As JSON, without what was left out."""
        shown: dict[str, Any] = {"op": self.op, "args": self.args}
        if self.loop:
            shown["loop"] = self.loop
        return shown if self.multiple == "any" else {**shown, "multiple": self.multiple}

    @property
    def operator(self) -> tuple[str, bool]:
        """Its name, and whether a `!` turns it round."""
        return self.op.removeprefix("!").lstrip(), self.op.startswith("!")

    def named(self, kind: Check | Action) -> dict[str, Any]:
        """The arguments by name. Raises Invalid for missing and unknown ones."""
        names = (*kind.required, *kind.optional)
        given = self.args
        if isinstance(given, list):
            spread = kind.required == ("values",) and not (given and isinstance(given[0], list))
            given = {"values": given} if spread else _by_place(names, given)
        missing = [name for name in kind.required if name not in given]
        unknown = sorted(str(name)[:80] for name in set(given) - set(names))
        if missing or unknown:
            wrong = f"needs {', '.join(missing)}" if missing else f"has no {', '.join(unknown)}"
            raise Invalid(f"{self.op} {wrong}; its arguments are {', '.join(names)}")
        return dict(given)


@dataclass(frozen=True, slots=True)
class InspectionRule:
    """The actions are carried out when all conditions hold; rules of higher priority come first."""

    uuid: str
    actions: tuple[Operation, ...]
    conditions: tuple[Operation, ...] = ()
    description: str | None = None
    phase: str = "main"
    priority: int = 0
    scope: str | None = None
    sensitive: bool = False
    created_at: datetime | None = field(default=None, compare=False)
    updated_at: datetime | None = field(default=None, compare=False)


def read_conditions(name: str, value: Any) -> tuple[Operation, ...]:
    """From JSON; none at all is fine. Raises Invalid naming the place and the mistake."""
    return _read(name, [] if value is None else value, CHECKS)


def read_actions(name: str, value: Any) -> tuple[Operation, ...]:
    """From JSON, at least one. Raises Invalid naming the place and the mistake."""
    if not value:
        raise Invalid(f"{name} must be a list of at least one action.")
    return _read(name, value, ACTIONS)


def _read(
    name: str, value: Any, table: Mapping[str, Check] | Mapping[str, Action]
) -> tuple[Operation, ...]:
    if not isinstance(value, list) or len(value) > MOST_OPERATIONS:
        raise Invalid(f"{name} must be a list of at most {MOST_OPERATIONS}.")
    return tuple(_operation(f"{name}/{n}", each, table) for n, each in enumerate(value))


def _operation(
    place: str, value: Any, table: Mapping[str, Check] | Mapping[str, Action]
) -> Operation:
    keys = {"op", "args", "loop", *(["multiple"] if table is CHECKS else [])}
    if not isinstance(value, Mapping) or not {"op", "args"} <= set(value) <= keys:
        raise Invalid(f"{place} must be an object with op and args, and perhaps loop.")
    found = Operation(value["op"], value["args"], value.get("loop"), value.get("multiple") or "any")
    _check_shape(place, found, table)
    try:
        kind = table[found.operator[0]]
        given = found.named(kind)
        if isinstance(kind, Action) and kind.changes is not None:
            check_path(kind.changes, given["path"])
        if isinstance(given.get("regex"), str) and "{" not in given["regex"]:
            compiled(given["regex"])
    except Invalid as error:
        raise Invalid(f"{place}: {error.message}.") from None
    return found


def _check_shape(
    place: str, found: Operation, table: Mapping[str, Check] | Mapping[str, Action]
) -> None:
    inverted = isinstance(found.op, str) and found.op.startswith("!") and table is not CHECKS
    if not isinstance(found.op, str) or found.operator[0] not in table or inverted:
        raise Invalid(f"{place}/op must be one of {', '.join(table)}.")
    if not isinstance(found.args, Mapping | list):
        raise Invalid(f"{place}/args must be an object, or a list.")
    if found.loop is not None and not isinstance(found.loop, Mapping | list):
        raise Invalid(f"{place}/loop must be a list, or an object.")
    if found.loop is not None and len(found.loop) > LONGEST_LOOP:
        raise Invalid(f"{place}/loop has more than {LONGEST_LOOP} items.")
    if found.multiple not in MULTIPLE:
        raise Invalid(f"{place}/multiple must be one of {', '.join(MULTIPLE)}.")


def _by_place(names: tuple[str, ...], given: list[Any]) -> dict[str, Any]:
    if len(given) > len(names):
        raise Invalid(f"too many arguments: there are {', '.join(names)}")
    return dict(zip(names, given, strict=False))
