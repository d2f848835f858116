"""Conditions of inspection rules: one row per operator."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

import re2

from bessemer.baremetal.domain.inspection_rules.budget import RuleFailed
from bessemer.errors import Invalid

LONGEST_REGEX: Final = 1000
_REGEX_MEMORY: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Check:
    """An operator: the names of its arguments, and whether it holds for them."""

    required: tuple[str, ...]
    holds: Callable[[Mapping[str, Any]], bool]
    optional: tuple[str, ...] = ()


def compiled(regex: str) -> Any:
    """The expression in RE2's syntax: no look-around and no back references, but linear in time.

    Raises Invalid.
    """
    if len(regex) > LONGEST_REGEX:
        raise Invalid(f"regex is longer than {LONGEST_REGEX} characters")
    return _compiled(regex)


@lru_cache(maxsize=256)
def _compiled(regex: str) -> Any:
    options = re2.Options()
    options.max_mem = _REGEX_MEMORY
    options.log_errors = False
    try:
        return re2.compile(regex, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        words = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise Invalid(f"regex cannot be used (syntax of RE2): {words}") from None


class _Text(str):
    """What is compared as text even if it looks like a number."""

    __slots__ = ()


def _number(value: Any) -> float | None:
    if isinstance(value, bool | _Text) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _values(arguments: Mapping[str, Any]) -> Sequence[Any]:
    values = arguments["values"]
    if not isinstance(values, list):
        raise RuleFailed("values must be a list of what is to be compared")
    return values


def _same(one: Any, other: Any) -> bool:
    """Equal, also when one of them became a text by interpolation."""
    if type(one) is type(other):
        return bool(one == other)
    numbers = (_number(one), _number(other))
    return numbers[0] == numbers[1] if None not in numbers else str(one) == str(other)


def _ordered(one: Any, other: Any) -> int:
    """-1, 0 or 1. Numbers, also in texts, as numbers; everything else as text."""
    numbers = (_number(one), _number(other))
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    return (str(one) > str(other)) - (str(one) < str(other))


def _pairs(test: Callable[[Any, Any], bool]) -> Callable[[Mapping[str, Any]], bool]:
    def holds(arguments: Mapping[str, Any]) -> bool:
        values = _values(arguments)
        if arguments.get("force_strings"):
            values = [_Text(each) for each in values]
        return all(test(one, other) for one, other in pairwise(values))

    return holds


def _in_net(arguments: Mapping[str, Any]) -> bool:
    try:
        network = ipaddress.ip_network(str(arguments["subnet"]), strict=False)
        return ipaddress.ip_address(str(arguments["address"])) in network
    except ValueError as error:
        raise RuleFailed(f"in-net: {error}") from None


def _regex(arguments: Mapping[str, Any]) -> tuple[Any, str]:
    try:
        return compiled(str(arguments["regex"])), str(arguments["value"])
    except Invalid as error:
        raise RuleFailed(error.message) from None


def _matches(arguments: Mapping[str, Any]) -> bool:
    regex, value = _regex(arguments)
    return regex.fullmatch(value) is not None


def _contains(arguments: Mapping[str, Any]) -> bool:
    regex, value = _regex(arguments)
    return regex.search(value) is not None


def _one_of(arguments: Mapping[str, Any]) -> bool:
    values = arguments.get("values") or []
    if not isinstance(values, list):
        raise RuleFailed("one-of: values must be a list")
    return any(_same(arguments["value"], each) for each in values)


def _truth(words: tuple[str, str], truth: bool) -> Callable[[Mapping[str, Any]], bool]:
    def holds(arguments: Mapping[str, Any]) -> bool:
        value = arguments["value"]
        if isinstance(value, bool | int | float):
            return bool(value) is truth
        if isinstance(value, str):
            number = _number(value)
            return value.lower() in words or (number is not None and bool(number) is truth)
        return value is None and not truth

    return holds


_EMPTY: Final = ("", "None", "[]", "{}")
_COMPARED: Final = (("values",), ("force_strings",))


def _comparison(test: Callable[[Any, Any], bool]) -> Check:
    required, optional = _COMPARED
    return Check(required, _pairs(test), optional)


CHECKS: Final[Mapping[str, Check]] = {
    "eq": _comparison(_same),
    "ne": _comparison(lambda one, other: not _same(one, other)),
    "lt": _comparison(lambda one, other: _ordered(one, other) < 0),
    "le": _comparison(lambda one, other: _ordered(one, other) <= 0),
    "gt": _comparison(lambda one, other: _ordered(one, other) > 0),
    "ge": _comparison(lambda one, other: _ordered(one, other) >= 0),
    "in-net": Check(("address", "subnet"), _in_net),
    "matches": Check(("value", "regex"), _matches),
    "contains": Check(("value", "regex"), _contains),
    "one-of": Check(("value",), _one_of, ("values",)),
    "is-empty": Check(("value",), lambda arguments: str(arguments["value"]) in _EMPTY),
    "is-none": Check(("value",), lambda arguments: str(arguments["value"]) == "None"),
    "is-true": Check(("value",), _truth(("yes", "true"), True)),
    "is-false": Check(("value",), _truth(("no", "false"), False)),
}
"""Operator -> what it does. Each may be turned round by `!` before it."""
