"""Paths inside attributes, as `/driver_info/ipmi_address` or `driver_info.ipmi_address`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bessemer.baremetal.domain.inspection_rules.budget import RuleFailed

_DEEPEST: Final = 25


def parts(path: Any) -> tuple[str, ...]:
    """The names that the path is made of. Raises RuleFailed."""
    if not isinstance(path, str):
        raise RuleFailed("path must be text, as in /extra/rack")
    found = tuple(path.strip("/").split("/") if "/" in path else path.split("."))
    if not all(found) or len(found) > _DEEPEST:
        raise RuleFailed(f"path {path[:80]!r} is no path, as in /extra/rack")
    return found


def changed(inside: Any, path: Sequence[str], change: Callable[[Any], Any]) -> Any:
    """A copy of the object with what is at the path (None if nothing) changed.

    Objects on the way are made as needed. Raises RuleFailed when something else is in the way.
    """
    if not path:
        return change(inside)
    key, *rest = path
    if inside is None:
        inside = {}
    if not isinstance(inside, Mapping):
        raise RuleFailed(f"there is no object to hold {key[:80]!r}")
    return {**inside, key: changed(inside.get(key), rest, change)}


def without(inside: Any, path: Sequence[str]) -> Any:
    """A copy of the object without what is at the path; the same if there is nothing."""
    key, *rest = path
    if not isinstance(inside, Mapping) or key not in inside:
        return inside
    if not rest:
        return {name: value for name, value in inside.items() if name != key}
    return {**inside, key: without(inside[key], rest)}


def extended(value: Any, *, unique: bool) -> Callable[[Any], Any]:
    """A change that appends the value to a list, which is made as needed."""

    def append(present: Any) -> Any:
        if present is None:
            return [value]
        if not isinstance(present, list):
            raise RuleFailed("only a list can be extended")
        return present if unique and value in present else [*present, value]

    return append
