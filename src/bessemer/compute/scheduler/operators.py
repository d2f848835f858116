"""Nova's comparison words in extra_specs (`>= 4`, `<in> gpu`, `<or> a <or> b`): one table.

Semantics as documented for ComputeCapabilitiesFilter: a requirement without a known operator is
compared as text; `=` means "at least" for numbers, for the sake of old flavors.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Final

Compare = Callable[[str, str], bool]


def _numbers(compare: Callable[[float, float], bool]) -> Compare:
    def compared(value: str, wanted: str) -> bool:
        try:
            return compare(float(value), float(wanted))
        except ValueError:
            return False

    return compared


ONE_OPERAND: Final[Mapping[str, Compare]] = {
    "=": _numbers(operator.ge),
    "==": _numbers(operator.eq),
    "!=": _numbers(operator.ne),
    ">=": _numbers(operator.ge),
    "<=": _numbers(operator.le),
    "s==": operator.eq,
    "s!=": operator.ne,
    "s<": operator.lt,
    "s<=": operator.le,
    "s>": operator.gt,
    "s>=": operator.ge,
    "<in>": lambda value, wanted: wanted in value,
}

ALL_IN: Final = "<all-in>"
OR: Final = "<or>"


def has_operator(requirement: str) -> bool:
    """Whether the requirement is an expression rather than a plain value."""
    first = requirement.split(maxsplit=1)[:1]
    return bool(first) and (first[0] in ONE_OPERAND or first[0] in (ALL_IN, OR))


def matches(value: str | None, requirement: str) -> bool:
    """Whether a node's value meets the requirement; a value that is not there meets none."""
    if value is None:
        return False
    if not has_operator(requirement):
        return value == requirement
    word, *operands = requirement.split()
    if not operands:
        return False
    if word == OR:
        return value in operands[::2]
    if word == ALL_IN:
        return all(operand in value for operand in operands)
    return ONE_OPERAND[word](value, operands[0])
