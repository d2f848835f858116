"""What a list of images is asked for: filters, order and page, from Glance's query parameters."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from bessemer.errors import Invalid
from bessemer.image.domain.image import Visibility

MAX_LIMIT: Final = 1000
DEFAULT_LIMIT: Final = 25
SORT_KEYS: Final = frozenset(
    {
        *("id", "name", "status", "container_format", "disk_format"),
        *("size", "created_at", "updated_at"),
    }
)
EXACT: Final = {"owner": "owner", "checksum": "checksum", "os_hash_value": "hash_value"}
ONE_OF: Final = frozenset({"id", "name", "status", "container_format", "disk_format"})
NUMBERS: Final = frozenset({"min_ram", "min_disk"})
MOMENTS: Final = frozenset({"created_at", "updated_at"})
COMPARISONS: Final = ("gt", "gte", "lt", "lte", "eq", "neq")
IGNORED: Final = frozenset({"member_status", "os_hash_algo"})


@dataclass(frozen=True, slots=True)
class MomentFilter:
    """`created_at=gte:2026-01-01T00:00:00Z`."""

    column: str
    comparison: str
    moment: datetime


@dataclass
class ImageQuery:
    """`one_of`: column -> permitted values; all filters must match."""

    limit: int = DEFAULT_LIMIT
    marker: str | None = None
    sort: list[tuple[str, str]] = field(default_factory=list)
    one_of: dict[str, tuple[object, ...]] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    moments: list[MomentFilter] = field(default_factory=list)
    size_min: int | None = None
    size_max: int | None = None
    visibility: Visibility | None = None


def parse_query(parameters: Iterable[tuple[str, str]]) -> ImageQuery:
    """Raises Invalid for a parameter that makes no sense. Unknown names filter by property."""
    query = ImageQuery(one_of={"hidden": (False,)})
    keys: list[str] = []
    directions: list[str] = []
    for name, value in parameters:
        if name == "sort_key":
            keys.append(value)
        elif name == "sort_dir":
            directions.append(value)
        else:
            _take(query, name, value)
    if keys and query.sort:
        raise Invalid("Give either sort or sort_key, not both.")
    query.sort = _order(query.sort or _paired(keys, directions))
    return query


def _take(query: ImageQuery, name: str, value: str) -> None:
    if name in ONE_OF:
        query.one_of[name] = _listed(value)
    elif name in EXACT:
        query.one_of[EXACT[name]] = (value,)
    elif name in NUMBERS:
        query.one_of[name] = (_number(name, value),)
    elif name in MOMENTS:
        query.moments.append(_moment(name, value))
    elif name in _SPECIAL:
        _SPECIAL[name](query, value)
    elif name not in IGNORED:
        query.properties[name] = value


def _limit(query: ImageQuery, value: str) -> None:
    query.limit = min(_number("limit", value), MAX_LIMIT)


def _marker(query: ImageQuery, value: str) -> None:
    query.marker = value


def _sort(query: ImageQuery, value: str) -> None:
    parts = [item.strip().partition(":") for item in value.split(",")]
    query.sort = [(key, direction or "desc") for key, _, direction in parts]


def _tag(query: ImageQuery, value: str) -> None:
    query.tags.append(value)


def _size_min(query: ImageQuery, value: str) -> None:
    query.size_min = _number("size_min", value)


def _size_max(query: ImageQuery, value: str) -> None:
    query.size_max = _number("size_max", value)


def _visibility(query: ImageQuery, value: str) -> None:
    if value == "all":
        return
    if value not in tuple(Visibility):
        raise Invalid(f"visibility must be one of all, {', '.join(Visibility)}.")
    query.visibility = Visibility(value)


def _protected(query: ImageQuery, value: str) -> None:
    query.one_of["protected"] = (_truth("protected", value),)


def _hidden(query: ImageQuery, value: str) -> None:
    query.one_of["hidden"] = (_truth("os_hidden", value),)


_SPECIAL: Final = {
    "limit": _limit,
    "marker": _marker,
    "sort": _sort,
    "tag": _tag,
    "size_min": _size_min,
    "size_max": _size_max,
    "visibility": _visibility,
    "protected": _protected,
    "os_hidden": _hidden,
}


def _number(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise Invalid(f"{name} must be a whole number, not {value[:40]!r}.")
    return int(value)


def _truth(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise Invalid(f"{name} must be true or false.")
    return value.lower() == "true"


def _listed(value: str) -> tuple[str, ...]:
    if value.startswith("in:"):
        return tuple(item.strip().strip('"') for item in value[3:].split(","))
    return (value,)


def _moment(name: str, value: str) -> MomentFilter:
    comparison, _, text = value.partition(":")
    if comparison not in COMPARISONS:
        comparison, text = "eq", value
    try:
        moment = datetime.fromisoformat(text)
        aware = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{name} must be a time as in 2026-01-31T12:00:00Z.") from error
    return MomentFilter(name, comparison, aware)


def _paired(keys: list[str], directions: list[str]) -> list[tuple[str, str]]:
    if len(directions) > max(1, len(keys)):
        raise Invalid("There are more values of sort_dir than of sort_key.")
    every = directions[0] if directions else "desc"
    directions = directions if len(directions) == len(keys) else [every] * len(keys)
    return list(zip(keys, directions, strict=True)) or [("created_at", every)]


def _order(sort: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The order asked for, ended by the id so that every page has one beginning."""
    for key, direction in sort:
        if key not in SORT_KEYS:
            raise Invalid(f"Images cannot be sorted by {key[:40]!r}.")
        if direction not in ("asc", "desc"):
            raise Invalid("sort_dir must be asc or desc.")
    if any(key == "id" for key, _ in sort):
        return sort
    return [*sort, ("id", sort[-1][1])]
