"""Nova's error body: one key that names the fault, with code and message."""

from typing import Final

from bessemer.context import RequestContext
from bessemer.errors import BessemerError
from bessemer.json_types import JsonObject

FAULTS: Final = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    406: "notAcceptable",
    409: "conflictingRequest",
    413: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}


def error_body(status: int, error: BessemerError, _context: RequestContext) -> JsonObject:
    """`{"badRequest": {"code": 400, "message": …}}`."""
    return {FAULTS.get(status, "computeFault"): {"code": status, "message": error.message}}
