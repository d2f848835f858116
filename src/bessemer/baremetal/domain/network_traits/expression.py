"""Filter expressions: which NICs and networks an action is for, as text and as a function.

    port.vendor == 'green' && (network.name =~ 'storage' || port.is_portgroup)

The language is that of Ironic's trait based networking. `&&` binds tighter than `||`.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.domain.nics import Nic
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.errors import Invalid

LONGEST: Final = 1000
"""Characters."""
DEEPEST: Final = 20
"""Brackets within brackets."""

Matches = Callable[[Nic, str], bool]
"""Whether it holds of a NIC or bond, and the name of a network."""

_TOKEN: Final = re.compile(
    r"\s*(\(|\)|&&|\|\||==|!=|>=|<=|=~|>|<|[a-z]+\.[a-z_]+|'[A-Za-z0-9_.-]*'|\"[A-Za-z0-9_.-]*\")"
)
_VARIABLES: Final[Mapping[str, Callable[[Nic, str], str | None]]] = {
    "network.name": lambda nic, network: network,
    "port.address": lambda nic, network: nic.address,
    "port.category": lambda nic, network: nic.category,
    "port.physical_network": lambda nic, network: nic.physical_network,
    "port.vendor": lambda nic, network: nic.vendor if isinstance(nic, Port) else None,
}
_FUNCTIONS: Final[Mapping[str, Matches]] = {
    "port.is_port": lambda nic, network: isinstance(nic, Port),
    "port.is_portgroup": lambda nic, network: isinstance(nic, Portgroup),
}
_COMPARATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "=~": str.startswith,
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A filter as it is written, and as a function."""

    text: str
    matches: Matches


def parse(text: str) -> Expression:
    """Raises Invalid that names where it stops making sense."""
    reader = _Reader(text)
    return Expression(text, reader.whole())


class _Reader:
    """One token after the other."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise Invalid(f"The filter has more than {LONGEST} characters.")
        self._text, self._at = text, 0

    def whole(self) -> Matches:
        found = self._any(0)
        if self._text[self._at :].strip():
            raise self._stuck("&&, || or the end")
        return found

    def _any(self, depth: int) -> Matches:
        found = self._all(depth)
        while self._take("||"):
            found = _either(found, self._all(depth))
        return found

    def _all(self, depth: int) -> Matches:
        found = self._one(depth)
        while self._take("&&"):
            found = _both(found, self._one(depth))
        return found

    def _one(self, depth: int) -> Matches:
        if self._take("("):
            if depth == DEEPEST:
                raise Invalid(f"The filter has more than {DEEPEST} brackets within each other.")
            found = self._any(depth + 1)
            if not self._take(")"):
                raise self._stuck("a closing bracket")
            return found
        name = self._next()
        if name in _FUNCTIONS:
            self._skip()
            return _FUNCTIONS[name]
        if name not in _VARIABLES:
            raise self._stuck(f"one of {', '.join((*_VARIABLES, *_FUNCTIONS))}")
        self._skip()
        return self._comparison(name)

    def _comparison(self, name: str) -> Matches:
        comparator = self._next()
        if comparator not in _COMPARATORS:
            raise self._stuck(f"one of {' '.join(_COMPARATORS)}")
        self._skip()
        literal = self._next()
        if literal[:1] not in ("'", '"'):
            raise self._stuck("a word of letters, digits, _ - . in quotes")
        self._skip()
        return _compared(name, comparator, literal[1:-1])

    def _next(self) -> str:
        """The token to come; empty when there is none."""
        match = _TOKEN.match(self._text, self._at)
        return match[1] if match else ""

    def _skip(self) -> None:
        match = _TOKEN.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _take(self, token: str) -> bool:
        found = self._next() == token
        if found:
            self._skip()
        return found

    def _stuck(self, expected: str) -> Invalid:
        rest = self._text[self._at :].strip()[:40]
        return Invalid(f"The filter {self._text!r} has {rest!r} where {expected} is expected.")


def _compared(name: str, comparator: str, literal: str) -> Matches:
    """What is not known equals nothing, and compares with nothing."""
    read, compare = _VARIABLES[name], _COMPARATORS[comparator]

    def matches(nic: Nic, network: str) -> bool:
        value = read(nic, network)
        return comparator == "!=" if value is None else compare(value, literal)

    return matches


def _both(first: Matches, second: Matches) -> Matches:
    return lambda nic, network: first(nic, network) and second(nic, network)


def _either(first: Matches, second: Matches) -> Matches:
    return lambda nic, network: first(nic, network) or second(nic, network)
