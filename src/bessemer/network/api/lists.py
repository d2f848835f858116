"""What every list understands: filters, `fields`, sorting, `limit` and `marker`."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from starlette.datastructures import QueryParams

from bessemer.json_types import JsonObject
from bessemer.network.domain.errors import InvalidInput
from bessemer.network.store.networks import Where
from bessemer.web.routes import Call, Reply

_RESERVED: Final = frozenset({"fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir"})
_FALSE: Final = frozenset({"false", "0"})
_TRUE: Final = frozenset({"true", "1"})

Columns = Mapping[str, sa.Column[Any]]


def conditions(query: QueryParams, columns: Columns) -> Where:
    """Filters that the database applies: those on plain text columns. Repeated: any of the values."""
    names = [name for name in dict.fromkeys(query.keys()) if name in columns]
    return [columns[name].in_(query.getlist(name)) for name in names]


def page(call: Call, collection: str, items: Iterable[JsonObject], done: Columns) -> Reply:
    """The list's body: remaining filters, order, page, chosen fields, and a link to the next page."""
    found = [item for item in items if _matches(item, call.query, done)]
    _sort(found, call.query)
    found = _after_marker(found, call.query.get("marker"))
    limit = _limit(call.query)
    body: dict[str, Any] = {collection: [chosen(call, item) for item in found[:limit]]}
    if limit is not None and len(found) > limit:
        url = call.request.url.include_query_params(marker=found[limit - 1]["id"])
        body[f"{collection}_links"] = [{"rel": "next", "href": str(url)}]
    return Reply(body)


def chosen(call: Call, item: JsonObject) -> JsonObject:
    """Only the asked-for `fields`, if any were asked for."""
    names = call.query.getlist("fields")
    return {name: item[name] for name in names if name in item} if names else item


def _matches(item: JsonObject, query: QueryParams, done: Columns) -> bool:
    names = [name for name in dict.fromkeys(query.keys()) if name in item and name not in done]
    return all(
        any(_equals(item[name], asked) for asked in query.getlist(name))
        for name in names
        if name not in _RESERVED
    )


def _equals(value: Any, asked: str) -> bool:
    match value:
        case bool():
            return asked.lower() in (_TRUE if value else _FALSE)
        case None:
            return asked == ""
        case list():
            return any(_equals(element, asked) for element in value)
        case dict():
            key, _, wanted = asked.partition("=")
            return str(value.get(key)) == wanted
        case _:
            return str(value) == asked


def _sort(items: list[Any], query: QueryParams) -> None:
    keys = query.getlist("sort_key")
    directions = query.getlist("sort_dir") or ["asc"] * len(keys)
    if len(directions) != len(keys):
        raise InvalidInput("Give as many sort_dir as sort_key.")
    for key, direction in reversed(list(zip(keys, directions, strict=True))):
        if any(key not in item for item in items):
            raise InvalidInput(f"{key[:60]!r} is not an attribute to sort by.")
        items.sort(key=lambda item, key=key: str(item[key] or ""), reverse=direction == "desc")  # type: ignore[misc]


def _after_marker(items: list[JsonObject], marker: str | None) -> list[JsonObject]:
    if marker is None:
        return items
    place = next((i for i, item in enumerate(items) if item["id"] == marker), None)
    if place is None:
        raise InvalidInput(f"The marker {marker[:60]!r} is not in the list.")
    return items[place + 1 :]


def _limit(query: QueryParams) -> int | None:
    asked = query.get("limit")
    if asked is None:
        return None
    if not asked.isascii() or not asked.isdigit() or len(asked) > 9:
        raise InvalidInput(f"limit {asked[:40]!r} is not a whole number.")
    return int(asked) or None
