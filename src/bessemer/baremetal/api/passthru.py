"""Vendor methods over HTTP, of nodes and of drivers alike: how they are listed, called, answered."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from bessemer.baremetal.interfaces.vendor import Passthru
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject
from bessemer.web.body import read_json
from bessemer.web.routes import Call, Reply

ANY_METHOD: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""What a vendor method may be called with; each says which it takes."""


def listed(methods: Mapping[str, Passthru]) -> dict[str, JsonObject]:
    """By name, as the API shows them."""
    return {
        name: {
            "http_methods": list(row.http_methods),
            "async": row.async_call,
            "require_exclusive_lock": row.require_exclusive_lock,
            "description": row.description,
            "attach": row.attach,
        }
        for name, row in sorted(methods.items())
    }


def method_of(call: Call) -> str:
    """Its name: from the path, else from `?method=`. Raises Invalid without one."""
    name = call.path.get("method") or call.query.get("method")
    if not name:
        raise Invalid("Name the vendor method: …/vendor_passthru/{method} or ?method=….")
    return name


async def arguments(call: Call) -> dict[str, Any]:
    """The query's parameters and the body's keys; the body may be missing. Raises Invalid."""
    query: dict[str, Any] = {k: v for k, v in call.query.items() if k != "method"}
    if call.headers.get("content-length", "0") == "0" and "transfer-encoding" not in call.headers:
        return query
    body: dict[str, Any] = await read_json(call.request, dict[str, Any], call.bounds.body)
    return {**query, **body}


def called(row: Passthru, answer: Json) -> Reply | Response:
    """202 without a body for what goes on in the background; else 200 with the reply, if any."""
    if row.async_call:
        return Reply(None, 202)
    if not row.attach:
        return Reply(answer, 200)
    named = {"Content-Disposition": f'attachment; filename="{row.name}"'}
    content = answer if isinstance(answer, str) else ""
    return Response(content, media_type="application/octet-stream", headers=named)
