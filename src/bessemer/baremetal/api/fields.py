"""One table per kind of object, from which everything about its fields comes.

Stripping of replies, gating of request bodies, `fields=`, sort keys and patch roots: each asks the
same rows, so that none of them can disagree with another about a microversion.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Flag
from typing import Any, Generic, TypeVar

from bessemer.baremetal.api.json_patch import Operation
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.values import Checker, kept_by, taken_by
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject

T = TypeVar("T")


class Write(Flag):
    """Where a request may set a field."""

    NEVER = 0
    CREATE = 1
    PATCH = 2
    BOTH = 3


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """One field. `since` is the minor microversion; `show` gets the object and the asked minor.

    `summary`: part of lists that ask for nothing more. `column`: what sorting by it sorts by.
    """

    name: str
    show: Callable[[T, int], Json]
    since: int = 1
    write: Write = Write.NEVER
    check: Checker | None = None
    column: str | None = None
    summary: bool = False
    always: bool = False
    """Kept whatever `fields=` says (links)."""
    required: bool = False
    """A POST without it is refused."""
    shape: JsonObject | None = None
    """The JSON schema of what is shown, where `check` does not tell it."""

    @property
    def takes(self) -> JsonObject:
        """The JSON schema of what a request may write."""
        return taken_by(self.check)

    @property
    def shows(self) -> JsonObject:
        """The JSON schema of what a reply holds."""
        return kept_by(self.check) if self.shape is None else self.shape


class FieldTable(Generic[T]):
    """All fields of one kind of object (`noun`)."""

    def __init__(self, noun: str, fields: Sequence[Field[T]]) -> None:
        self.noun = noun
        self._fields = {field.name: field for field in fields}

    def __iter__(self) -> Iterator[Field[T]]:
        return iter(self._fields.values())

    def names(self, minor: int) -> tuple[str, ...]:
        """Every field of that version."""
        return tuple(f.name for f in self._fields.values() if f.since <= minor)

    def summary(self, minor: int) -> tuple[str, ...]:
        """The fields of a plain list."""
        return tuple(f.name for f in self._fields.values() if f.summary and f.since <= minor)

    def chosen(self, names: Sequence[str], minor: int) -> tuple[str, ...]:
        """The fields named in `fields=`. Raises Invalid (unknown), NotAcceptable (too new)."""
        for name in names:
            if name not in self._fields:
                raise Invalid(f"Field(s) {name[:80]!r} are not valid: a {self.noun} has none such.")
            require(minor, self._fields[name].since, f"field {name}")
        always = (f.name for f in self._fields.values() if f.always)
        return tuple(dict.fromkeys((*names, *always)))

    def render(self, thing: T, minor: int, names: Sequence[str]) -> dict[str, Json]:
        """The object as JSON."""
        return {name: self._fields[name].show(thing, minor) for name in names}

    def render_all(
        self, things: Iterable[T], minor: int, names: Sequence[str]
    ) -> list[dict[str, Json]]:
        """The objects as JSON."""
        shows = [(name, self._fields[name].show) for name in names]
        return [{name: show(thing, minor) for name, show in shows} for thing in things]

    def sort_column(self, key: str, minor: int) -> str:
        """The column to sort by. Raises Invalid for what cannot be sorted by."""
        field = self._fields.get(key)
        if field is None or field.column is None:
            raise Invalid(f"The sort_key value {key[:80]!r} is invalid for sorting.")
        require(minor, field.since, f"sorting by {key}")
        return field.column

    def checked_body(self, body: JsonObject, minor: int) -> dict[str, Json]:
        """A POST's values, each checked; of newer fields, null says nothing.

        Raises Invalid (unknown, wrong), NotAcceptable.
        """
        for name in body:
            field = self._fields.get(name)
            if field is None or Write.CREATE not in field.write:
                raise Invalid(f"A {self.noun} cannot be created with {name[:80]!r}.")
            if body[name] is not None:
                require(minor, field.since, f"field {name}")
        for each in self:
            if each.required and each.name not in body:
                raise Invalid(f"A {self.noun} cannot be created without {each.name}.")
        known = self.names(minor)
        return {name: self._checked(name, body[name]) for name in body if name in known}

    def check_patch(self, operations: Sequence[Operation], minor: int) -> None:
        """Raises Invalid for roots that are unknown or fixed, NotAcceptable for newer ones."""
        for operation in operations:
            field = self._fields.get(operation.root)
            if field is None:
                raise Invalid(f"A {self.noun} has no attribute {operation.root[:80]!r}.")
            if Write.PATCH not in field.write:
                raise Invalid(f"/{operation.root} cannot be changed.")
            require(minor, field.since, f"field {operation.root}")

    def checked_changes(
        self, document: Mapping[str, Json], operations: Sequence[Operation]
    ) -> dict[str, Json]:
        """The patched attributes of the document, each checked. Raises Invalid."""
        roots = dict.fromkeys(operation.root for operation in operations)
        return {name: self._checked(name, document[name]) for name in roots}

    def _checked(self, name: str, value: Json) -> Json:
        check = self._fields[name].check
        return value if check is None else check(name, value)


def constant(value: Json) -> Callable[[Any, int], Json]:
    """Shows the same for everything: a fact about what this server does not have."""

    def show(_thing: Any, _minor: int) -> Json:
        return value

    return show
