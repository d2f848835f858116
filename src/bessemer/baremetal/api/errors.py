"""Ironic's error body: a JSON text inside JSON, which its clients decode twice."""

import json
from http import HTTPStatus
from typing import Final

from bessemer.context import RequestContext
from bessemer.errors import BessemerError
from bessemer.json_types import JsonObject
from bessemer.web.microversions import VersionNotServed
from bessemer.web.unrouted import NoSuchMethod, NoSuchPath

_BEFORE_ANY_HANDLER: Final = (VersionNotServed, NoSuchPath, NoSuchMethod)
"""What Ironic's web framework refuses by itself, in a shape of its own."""


def error_body(status: int, error: BessemerError, _context: RequestContext) -> JsonObject:
    """`{"error_message": "{\\"faultcode\\": …, \\"faultstring\\": …, \\"debuginfo\\": null}"}`.

    Before any handler is reached, the inner text has `code`, `title` and `description`, too: there
    Ironic has nothing else, which some clients look for, and others find no words in.
    """
    fault: JsonObject = {
        "faultcode": "Server" if status >= 500 else "Client",
        "faultstring": error.message,
        "debuginfo": None,
    }
    if isinstance(error, _BEFORE_ANY_HANDLER):
        title = HTTPStatus(status).phrase
        fault = {**fault, "code": status, "title": title, "description": error.message}
    return {"error_message": json.dumps(fault)}
