"""Ironic's error body: a JSON text inside JSON, which its clients decode twice."""

import json

from bessemer.context import RequestContext
from bessemer.errors import BessemerError
from bessemer.json_types import JsonObject


def error_body(status: int, error: BessemerError, _context: RequestContext) -> JsonObject:
    """`{"error_message": "{\\"faultcode\\": …, \\"faultstring\\": …, \\"debuginfo\\": null}"}`."""
    fault = {
        "faultcode": "Server" if status >= 500 else "Client",
        "faultstring": error.message,
        "debuginfo": None,
    }
    return {"error_message": json.dumps(fault)}
