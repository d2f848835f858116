"""Query parameters: parsed strictly, gated by microversion, unknown ones refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from bessemer.baremetal.api.fields import FieldTable
from bessemer.baremetal.api.links import next_page
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.values import boolean, is_uuid, ruled, taken_by
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject
from bessemer.web.routes import Call

FIELDS_SINCE: Final = 8
DETAIL_SINCE: Final = 43

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: the microversion it exists since, and how its value is read."""

    read: Callable[[str, str], Any]
    since: int = 1

    @property
    def schema(self) -> JsonObject:
        """What is taken, as JSON schema of the decoded value."""
        return taken_by(self.read)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list request, understood: which fields of which page in which order."""

    names: tuple[str, ...]
    limit: int
    marker: str | None
    sort_column: str
    descending: bool
    filters: Mapping[str, Any]


@ruled({"type": "string", "maxLength": 4096})
def words(name: str, text: str) -> str:
    """Free text."""
    if "\x00" in text or len(text) > 4096:
        raise Invalid(f"The value of {name} is too long or holds null characters.")
    return text


@ruled({"type": "boolean"})
def truth(name: str, text: str) -> bool:
    """A boolean."""
    return bool(boolean(name, text))


@ruled({"type": "string", "format": "uuid"})
def uuid_word(name: str, text: str) -> str:
    """A uuid."""
    if not is_uuid(text):
        raise Invalid(f"Expected a UUID for {name}.")
    return text.lower()


@ruled({"type": "integer", "minimum": 1})
def positive(name: str, text: str) -> int:
    """A whole number above zero."""
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20 and int(digits) > 0):
        raise Invalid(f"{name.capitalize()} must be a positive integer.")
    return int(digits)


@ruled({"enum": ["asc", "desc"]})
def direction(name: str, text: str) -> str:
    """Which way to sort."""
    if text not in {"asc", "desc"}:
        raise Invalid(f"{name} must be asc or desc.")
    return text


FIELDS: Final[Mapping[str, Filter]] = {"fields": Filter(words, FIELDS_SINCE)}
"""What the query of a single object may hold."""

PAGING: Final[Mapping[str, Filter]] = {
    "limit": Filter(positive),
    "marker": Filter(words),
    "sort_key": Filter(words),
    "sort_dir": Filter(direction),
    **FIELDS,
    "detail": Filter(truth, DETAIL_SINCE),
}
"""What the query of every list may hold, besides its filters."""


def refuse_unknown(call: Call, known: Sequence[str] = ()) -> None:
    """Raises Invalid when the query has parameters that mean nothing here."""
    unknown = sorted(set(call.query) - set(known))
    if unknown:
        raise Invalid(f"Unexpected query parameters: {', '.join(name[:80] for name in unknown)}.")


def listing(
    call: Call, table: FieldTable[Any], filters: Mapping[str, Filter], *, detailed: bool = False
) -> Listing:
    """Read a list request. `detailed`: the path itself asks for every field."""
    refuse_unknown(call, [*PAGING, *filters])
    minor = call.version.minor
    order = direction("sort_dir", call.query.get("sort_dir", "asc"))
    sort_key = call.query.get("sort_key", "id")
    return Listing(
        names=_names(call, table, filters, detailed),
        limit=_limit(call),
        marker=call.query.get("marker"),
        sort_column="id" if sort_key == "id" else table.sort_column(sort_key, minor),
        descending=order == "desc",
        filters=_filters(call, filters),
    )


def chosen_fields(call: Call, table: FieldTable[Any]) -> tuple[str, ...]:
    """The fields of a single object: those of `fields=`, else all."""
    return _asked_fields(call, table) or table.names(call.version.minor)


def page(
    call: Call, key: str, items: Sequence[Mapping[str, Json]], limit: int, markers: Sequence[str]
) -> dict[str, Json]:
    """The reply: the items under `key`, and `next` when there may be more.

    `markers`: what to go on after, for each item.
    """
    body: dict[str, Json] = {key: items}
    if items and len(items) == limit:
        body["next"] = next_page(call, limit, markers[-1])
    return body


def _names(
    call: Call, table: FieldTable[Any], filters: Mapping[str, Filter], detailed: bool
) -> tuple[str, ...]:
    asked = _asked_fields(call, table)
    if "detail" in call.query:
        since = filters.get("detail", PAGING["detail"]).since
        require(call.version.minor, since, "query parameter detail")
        detailed = detailed or truth("detail", call.query["detail"])
    if asked and detailed:
        raise Invalid("Can't fetch a subset of fields with 'detail' set.")
    minor = call.version.minor
    return asked or (table.names(minor) if detailed else table.summary(minor))


def _asked_fields(call: Call, table: FieldTable[Any]) -> tuple[str, ...]:
    asked = [name for value in call.query.getlist("fields") for name in value.split(",") if name]
    if not asked:
        return ()
    require(call.version.minor, FIELDS_SINCE, "query parameter fields")
    return table.chosen(asked, call.version.minor)


def _limit(call: Call) -> int:
    text = call.query.get("limit")
    most = call.bounds.items
    return most if text is None else min(positive("limit", text), most)


def _filters(call: Call, filters: Mapping[str, Filter]) -> dict[str, Any]:
    asked = {}
    for name, row in filters.items():
        text = call.query.get(name)
        if text is None or name in PAGING:
            continue
        require(call.version.minor, row.since, f"query parameter {name}")
        asked[name] = row.read(name, text)
    return asked
