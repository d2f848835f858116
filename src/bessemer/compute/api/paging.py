"""Reading `limit` and `marker`, and writing the link to the next page."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from bessemer.errors import Invalid
from bessemer.json_types import JsonObject
from bessemer.web.routes import Call

MAX_LIMIT: Final = 1000
"""Longest page, in items, as upstream's default `max_limit`."""


def limit_of(call: Call) -> int:
    """The asked page length, at most MAX_LIMIT. Raises Invalid."""
    text = call.query.get("limit", str(MAX_LIMIT))
    if not text.isascii() or not text.isdigit():
        raise Invalid("limit must be a number that is not negative")
    return min(int(text), MAX_LIMIT)


def next_links(call: Call, name: str, items: Sequence[Any], limit: int) -> JsonObject:
    """`{"<name>_links": [...]}` when there may be more, else nothing."""
    if limit == 0 or len(items) < limit:
        return {}
    pairs = [(k, v) for k, v in call.query.multi_items() if k not in ("marker", "limit")]
    query = urlencode([*pairs, ("limit", str(limit)), ("marker", items[-1].id)])
    href = f"{call.base_url()}{call.request.url.path}?{query}"
    return {f"{name}_links": [{"rel": "next", "href": href}]}
