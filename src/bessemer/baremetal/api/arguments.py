"""Reads bodies that are no object's fields: each key checked, unknown and newer ones refused."""

from collections.abc import Mapping
from enum import StrEnum

from bessemer.baremetal.api.endpoints import Argument
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.values import Rule, ruled
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject

_LONGEST_QUOTE = 80


def taken(body: JsonObject, rows: Mapping[str, Argument], minor: int) -> dict[str, Json]:
    """The checked values. Raises Invalid, naming the key; NotAcceptable for newer ones."""
    unknown = sorted(set(body) - set(rows))
    if unknown:
        named = ", ".join(name[:_LONGEST_QUOTE] for name in unknown)
        raise Invalid(f"Unexpected arguments: {named}; possible: {', '.join(rows)}.")
    for name, row in rows.items():
        if name in body:
            require(minor, row.since, f"argument {name}")
        elif row.required:
            raise Invalid(f"The body needs {name}.")
    return {name: rows[name].check(name, value) for name, value in body.items()}


def one_of(words: type[StrEnum]) -> Rule:
    """One of these words, in any case."""

    @ruled({"type": "string", "enum": [str(word) for word in words]})
    def check(name: str, value: Json) -> Json:
        try:
            return words(value.lower() if isinstance(value, str) else value)
        except ValueError:
            shown = str(value)[:_LONGEST_QUOTE]
            raise Invalid(f"Invalid {name} {shown!r}; possible: {', '.join(words)}.") from None

    return check
