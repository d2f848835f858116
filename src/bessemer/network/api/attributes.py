"""Reads request bodies by tables of attributes: what each may hold, and who may set it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, Final, TypeVar

from bessemer.context import RequestContext
from bessemer.errors import Forbidden
from bessemer.network.domain.errors import InvalidInput

MAX_TEXT: Final = 255

T = TypeVar("T")

_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a resource's body. `field` is the name inside; None: accepted, not kept."""

    parse: Callable[[Any], Any]
    field: str | None
    admin_only: bool = False


def read_body(body: Any, resource: str) -> Mapping[str, Any]:
    """The object below `resource`. Raises InvalidInput."""
    inner = body.get(resource) if isinstance(body, Mapping) else None
    if not isinstance(inner, Mapping):
        raise InvalidInput(f'The body must be {{"{resource}": {{…}}}}.')
    return inner


def read_attributes(
    given: Mapping[str, Any], table: Mapping[str, Attribute], context: RequestContext
) -> dict[str, Any]:
    """Parsed values by field. Raises InvalidInput naming the attribute; Forbidden."""
    unknown = sorted(given.keys() - table.keys())
    if unknown:
        raise InvalidInput(f"Unrecognized attribute(s) '{', '.join(unknown)[:200]}'.")
    values: dict[str, Any] = {}
    for name, value in given.items():
        attribute = table[name]
        if attribute.admin_only and not (context.is_admin or context.is_service):
            raise Forbidden(f"Only an administrator may set {name}.")
        try:
            parsed = attribute.parse(value)
        except InvalidInput as error:
            raise InvalidInput(f"Invalid input for {name}. {error.message}") from error
        if attribute.field is not None:
            values[attribute.field] = parsed
    return values


def project_of(values: dict[str, Any], context: RequestContext) -> str:
    """Whose the new thing is: the caller's project; an administrator may name another."""
    own = context.project_id or ""
    named = values.pop("project_id", None) or own
    if named != own and not context.is_admin:
        raise Forbidden("Only an administrator may create for another project.")
    return str(named)


def text(value: Any) -> str:
    """Up to 255 characters, none of them NUL."""
    if not isinstance(value, str) or len(value) > MAX_TEXT or "\0" in value:
        raise InvalidInput(f"{_short(value)} is not a text of up to {MAX_TEXT} characters.")
    return value


def optional(parse: Callable[[Any], T]) -> Callable[[Any], T | None]:
    """Null, or what `parse` takes."""
    return lambda value: None if value is None else parse(value)


def boolean(value: Any) -> bool:
    """JSON's booleans, and the spellings that old clients send."""
    if isinstance(value, bool):
        return value
    known = _BOOLEANS.get(str(value).lower())
    if known is None:
        raise InvalidInput(f"{_short(value)} is neither true nor false.")
    return known


def integer(low: int, high: int) -> Callable[[Any], int]:
    """A whole number within bounds, also as a text of digits."""

    def parse(value: Any) -> int:
        is_digits = isinstance(value, str) and len(value) < 12 and value.isascii()
        if isinstance(value, str) and is_digits and value.isdigit():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise InvalidInput(f"{_short(value)} is not a whole number from {low} to {high}.")
        return value

    return parse


def one_of(allowed: Collection[str]) -> Callable[[Any], str]:
    """One of a few words."""

    def parse(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise InvalidInput(f"{_short(value)} is not one of {', '.join(sorted(allowed))}.")
        return value

    return parse


def list_of(parse: Callable[[Any], T], longest: int = 100) -> Callable[[Any], tuple[T, ...]]:
    """A list of what `parse` takes; null is the empty list."""

    def parse_list(value: Any) -> tuple[T, ...]:
        value = [] if value is None else value
        if not isinstance(value, list) or len(value) > longest:
            raise InvalidInput(f"{_short(value)} is not a list of up to {longest} elements.")
        return tuple(parse(item) for item in value)

    return parse_list


def address(value: Any) -> IPv4Address:
    """An IPv4 address."""
    try:
        return IPv4Address(text(value))
    except ValueError as error:
        raise InvalidInput(f"{_short(value)} is not an IPv4 address.") from error


def record(value: Any) -> Mapping[str, Any]:
    """A JSON object; null is the empty one."""
    value = {} if value is None else value
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{_short(value)} is not an object.")
    return value


def nothing(value: Any) -> None:
    """An attribute of something that this cloud does not do: only its empty value is taken."""
    if value not in (None, "", [], {}, False):
        raise InvalidInput(f"{_short(value)} is not supported by this cloud; leave it out.")


def _short(value: Any) -> str:
    return repr(value)[:60]
