"""Operators' own rules: a YAML file of rules by name, in a small language that cannot go wrong at work.

    "baremetal:node:vendor_passthru": "role:admin and system_scope:all"
    "baremetal:node:get": "rule:baremetal:node:update or role:observer"

`or` binds weaker than `and`; `@` is everybody, `!` nobody. There is no `not`: a rule that passes in
ignorance of whose a thing is passes when it is known, too.
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from bessemer.context import RequestContext
from bessemer.errors import ConfigurationError
from bessemer.web.policies import LADDER, level

SETTING: Final = "baremetal.policy_file"
DEEPEST: Final = 20
"""Brackets within brackets, and rules that name rules."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and whose the thing is that they ask for (projects' ids; None: nobody's)."""

    context: RequestContext
    owner: str | None = None
    lessee: str | None = None


Check = Callable[[Asker], bool]
ByName = Callable[[str, Asker], bool]
"""Whether somebody passes a rule of the whole table."""


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A rule of the file: as it is written, and as a function."""

    text: str
    passes: Check


_OWNERS: Final = ("node.owner", "allocation.owner", "runbook.owner", "owner")
_LESSEES: Final = ("node.lessee", "lessee")
_TOKEN: Final = re.compile(
    r"\s*([()]|@|!|[A-Za-z_]+:(?:%\([a-z.]+\)s|[A-Za-z0-9_:.-]+)|or\b|and\b)"
)
_FORMS: Final = (
    "role:NAME, system_scope:all, project_id:%(node.owner)s, project_id:%(node.lessee)s, rule:NAME, "
    "@, !, and, or, brackets"
)


class _Mistake(Exception):
    """What is wrong with an expression."""


def read_policy_file(file: Path, known: Mapping[str, Any], passes: ByName) -> dict[str, OwnRule]:
    """The file's rules. `known`: names that there are. Raises ConfigurationError."""
    rules: dict[str, OwnRule] = {}
    written = _written(file)
    for rule, expression in written.items():
        if rule not in known:
            raise ConfigurationError(f"{SETTING}: {file}: {_unknown(rule, known)}")
        try:
            rules[rule] = OwnRule(str(expression), parsed(expression, known, passes))
        except _Mistake as mistake:
            raise ConfigurationError(
                f"{SETTING}: {file}: {rule}: {mistake}. An expression is made of {_FORMS}."
            ) from None
    _refuse_circles(file, rules)
    return rules


def parsed(expression: Any, known: Mapping[str, Any], passes: ByName) -> Check:
    """The expression as a function. Raises _Mistake in words."""
    if not isinstance(expression, str):
        raise _Mistake(f"{str(expression)[:80]!r} is no text")
    reading = _Reading(list(_words(expression)), known, passes)
    check = reading.either(0)
    if reading.words:
        raise _Mistake(f"{reading.words[0]!r} comes where the expression should end")
    return check


def _words(expression: str) -> Iterator[str]:
    at = 0
    while expression[at:].strip():
        found = _TOKEN.match(expression, at)
        if found is None:
            raise _Mistake(f"{expression[at:].strip()[:80]!r} is not understood")
        yield found.group(1)
        at = found.end()


@dataclass(slots=True)
class _Reading:
    """Recursive descent over what is left of an expression's words."""

    words: list[str]
    known: Mapping[str, Any]
    passes: ByName

    def either(self, depth: int) -> Check:
        checks = [self.both(depth)]
        while self.words[:1] == ["or"]:
            del self.words[0]
            checks.append(self.both(depth))
        return lambda asker: any(check(asker) for check in checks)

    def both(self, depth: int) -> Check:
        checks = [self.one(depth)]
        while self.words[:1] == ["and"]:
            del self.words[0]
            checks.append(self.one(depth))
        return lambda asker: all(check(asker) for check in checks)

    def one(self, depth: int) -> Check:
        if not self.words:
            raise _Mistake("it ends too early (an empty rule is none: write @ or !)")
        word = self.words.pop(0)
        if word == "(" and depth < DEEPEST:
            inner = self.either(depth + 1)
            if self.words[:1] != [")"]:
                raise _Mistake("a bracket is not closed")
            del self.words[0]
            return inner
        if word in {"@", "!"}:
            return lambda _asker: word == "@"
        kind, separator, value = word.partition(":")
        if not separator:
            raise _Mistake(f"{word!r} is out of place")
        return self.check(kind, value)

    def check(self, kind: str, value: str) -> Check:
        if kind == "rule" and value not in self.known:
            raise _Mistake(_unknown(value, self.known))
        form = value.removeprefix("%(").removesuffix(")s")
        match kind:
            case "rule":
                return lambda asker: self.passes(value, asker)
            case "role":
                return lambda asker: _has_role(asker.context.roles, value.lower())
            case "system_scope" if value == "all":
                return lambda asker: asker.context.system_scope
            case "project_id" if form in _OWNERS:
                return lambda asker: _is(asker.context.project_id, asker.owner)
            case "project_id" if form in _LESSEES:
                return lambda asker: _is(asker.context.project_id, asker.lessee)
            case _:
                raise _Mistake(f"{kind}:{value} is not understood")


def _has_role(roles: frozenset[str], name: str) -> bool:
    """Higher roles of the ladder hold the lower ones, too."""
    return name in roles or (name in LADDER and level(roles) > LADDER.index(name))


def _is(project: str | None, whose: str | None) -> bool:
    return project is not None and project == whose


def _written(file: Path) -> Mapping[str, Any]:
    try:
        written = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{SETTING}: {file} cannot be read: {error}") from error
    if written is None:
        return {}
    if not isinstance(written, dict) or not all(isinstance(name, str) for name in written):
        raise ConfigurationError(
            f'{SETTING}: {file} must hold an object of rules: "name of the rule": "who passes".'
        )
    return written


def _unknown(rule: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(rule, known, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    return f"there is no rule {rule[:120]}.{meant} `bessemer policy` lists all rules"


def _refuse_circles(file: Path, rules: Mapping[str, OwnRule]) -> None:
    named = {rule: re.findall(r"rule:([A-Za-z0-9_:.-]+)", own.text) for rule, own in rules.items()}
    for rule in rules:
        reached, due = set[str](), list(named[rule])
        while due:
            each = due.pop()
            if each == rule:
                raise ConfigurationError(
                    f"{SETTING}: {file}: {rule} leads back to itself by its rule:… parts; say there "
                    "who passes."
                )
            if each not in reached:
                reached.add(each)
                due += named.get(each, ())
