"""Addresses inside replies: links to objects, and to the next page."""

from urllib.parse import urlencode

from bessemer.json_types import JsonObject
from bessemer.web.routes import Call


def api_url(call: Call) -> str:
    """Where this API is mounted, as the client sees it, without a trailing slash."""
    return call.base_url() + str(call.request.scope.get("root_path", ""))


def links(base_url: str, path: str) -> list[JsonObject]:
    """The pair that every object carries: itself, and the same below no version."""
    return [
        {"href": f"{base_url}/v1/{path}", "rel": "self"},
        {"href": f"{base_url}/{path}", "rel": "bookmark"},
    ]


def next_page(call: Call, limit: int, marker: str) -> str:
    """The same request, but for what comes after `marker`."""
    kept = [(k, v) for k, v in call.query.multi_items() if k not in {"limit", "marker"}]
    query = urlencode([*kept, ("limit", limit), ("marker", marker)])
    return f"{call.base_url()}{call.request.url.path}?{query}"
