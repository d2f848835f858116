"""What a value in a request body must look like: one small checker per kind of field.

A checker made here also knows, as JSON schema, what it takes and what it keeps; the OpenAPI document
and the reference page read it there.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bessemer.baremetal.domain.truth import FALSE, TRUE, truth
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject
from bessemer.web.body import MAX_DEPTH

Checker = Callable[[str, Json], Json]
"""(name of the field, value) -> the value to keep. Raises Invalid, without repeating the value."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A checker with its JSON schema. `takes`: of what is sent; `keeps`: of what is shown later."""

    check: Checker
    takes: JsonObject
    keeps: JsonObject

    def __call__(self, name: str, value: Json) -> Json:
        """The value to keep. Raises Invalid."""
        return self.check(name, value)


def ruled(takes: JsonObject, keeps: JsonObject | None = None) -> Callable[[Checker], Rule]:
    """Decorates a checker with its schema."""
    return lambda check: Rule(check, takes, takes if keeps is None else keeps)


def taken_by(check: Callable[..., Any] | None) -> JsonObject:
    """The schema of what a checker takes; of one that has none, nothing is said."""
    return check.takes if isinstance(check, Rule) else {}


def kept_by(check: Callable[..., Any] | None) -> JsonObject:
    """The schema of what a checker keeps; of one that has none, nothing is said."""
    return check.keeps if isinstance(check, Rule) else {}


def _or_null(schema: JsonObject) -> JsonObject:
    kind = schema.get("type")
    if not schema or kind == "null" or (isinstance(kind, list) and "null" in kind):
        return schema
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


_NO_NULLS: Final = "^[^\\u0000]*$"
_GROUP: Final = re.compile(r"[A-Za-z0-9_.-]*\Z")
_HOSTNAME: Final = re.compile(
    r"(?=.{1,255}\Z)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\Z"
)


def text(longest: int, *, least: int = 0) -> Rule:
    """A string without null characters; `longest` counts characters."""
    smallest: JsonObject = {"minLength": least} if least else {}

    @ruled({"type": "string", "maxLength": longest, **smallest, "pattern": _NO_NULLS})
    def check(name: str, value: Json) -> Json:
        if not isinstance(value, str):
            raise Invalid(f"{name} must be a string, not {_kind(value)}.")
        if not least <= len(value) <= longest:
            raise Invalid(f"{name} must have {least} to {longest} characters.")
        if "\x00" in value:
            raise Invalid(f"{name} must not contain null characters.")
        return value

    return check


def optional(check: Checker) -> Rule:
    """That, or null."""

    @ruled(_or_null(taken_by(check)), _or_null(kept_by(check)))
    def check_unless_null(name: str, value: Json) -> Json:
        return None if value is None else check(name, value)

    return check_unless_null


def default(standard: Json, check: Checker) -> Rule:
    """That; null stands for the standard value."""

    @ruled({**_or_null(taken_by(check)), "default": standard}, kept_by(check))
    def check_or_standard(name: str, value: Json) -> Json:
        return standard if value is None else check(name, value)

    return check_or_standard


@ruled(
    {"anyOf": [{"type": "boolean"}, {"type": "string", "enum": sorted(TRUE | FALSE)}]},
    {"type": "boolean"},
)
def boolean(name: str, value: Json) -> Json:
    """A boolean, or one of the words that OpenStack's clients send for one."""
    said = truth(value)
    if said is None:
        raise Invalid(f"{name} must be true or false.")
    return said


@ruled({"type": "object"})
def mapping(name: str, value: Json) -> Json:
    """A JSON object, not nested too deep."""
    if not isinstance(value, dict):
        raise Invalid(f"{name} must be an object, not {_kind(value)}.")
    if _deeper_than(value, MAX_DEPTH):
        raise Invalid(f"{name} nests deeper than {MAX_DEPTH} levels.")
    return value


def is_uuid(value: object) -> bool:
    """Whether this is a uuid in its usual spelling, or without dashes, in any case."""
    if not isinstance(value, str):
        return False
    try:
        return str(uuid.UUID(value)).replace("-", "") == value.lower().replace("-", "")
    except ValueError:
        return False


@ruled({"type": "string", "format": "uuid"})
def uuid_text(name: str, value: Json) -> Json:
    """A uuid; kept in lower case with dashes."""
    if not is_uuid(value):
        raise Invalid(f"Expected a UUID for {name}.")
    return str(uuid.UUID(value))


@ruled({"type": "string", "maxLength": 255, "pattern": "^[A-Za-z0-9_.-]*$"})
def group(name: str, value: Json) -> Json:
    """A conductor group; kept in lower case."""
    word = str(text(255)(name, value))
    if not _GROUP.match(word):
        raise Invalid(f"{name} is made of letters, digits, '_', '-' and '.' only.")
    return word.lower()


def is_hostname(value: str) -> bool:
    """Whether this may be the name of a host (RFC 1123)."""
    return bool(_HOSTNAME.match(value))


def unsupported(*standing_for_none: Json) -> Rule:
    """A field that this server does not keep: only what means "nothing" is taken."""

    @ruled({"enum": [None, *standing_for_none]}, {})
    def check(name: str, value: Json) -> Json:
        if value is None or value in standing_for_none:
            return None
        raise Invalid(f"This server does not support {name} yet; leave it unset.")

    return check


def _deeper_than(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if levels == 0:
        return True
    items = value.values() if isinstance(value, dict) else value
    return any(_deeper_than(item, levels - 1) for item in items)


def _kind(value: Json) -> str:
    kinds: dict[type, str] = {
        dict: "an object",
        list: "a list",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        type(None): "null",
    }
    return kinds.get(type(value), "a string")
