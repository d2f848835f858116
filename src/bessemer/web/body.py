"""Reads and guards JSON request bodies: size before parsing, depth before anybody walks them."""

from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request

from bessemer.errors import Invalid, TooLarge

MAX_DEPTH: Final = 25
MAX_VALUES: Final = 500_000
"""Values in one body, counted by their marks. Ten thousand NICs need a tenth of it; millions of
empty lists, which fit into any body's limit, would keep everybody else waiting for seconds."""
_MARKS: Final = (b",", b"[", b"{")


async def read_json(request: Request, kind: Any, limit: int) -> Any:
    """The body as `kind`.

    Raises TooLarge over `limit` bytes or MAX_VALUES, Invalid for anything malformed.
    """
    raw = await _read_limited(request, limit)
    if sum(raw.count(mark) for mark in _MARKS) > MAX_VALUES:
        raise TooLarge(f"The request body holds more than {MAX_VALUES} values.")
    try:
        decoded = msgspec.json.decode(raw)
        _check_depth(decoded, MAX_DEPTH)
        return msgspec.convert(decoded, kind)
    except msgspec.ValidationError as error:
        raise Invalid(f"The request body does not fit: {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"The request body is not valid JSON: {error}.") from error
    except RecursionError as error:
        raise Invalid(f"The request body nests deeper than {MAX_DEPTH} levels.") from error


async def _read_limited(request: Request, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise TooLarge(f"The request body is larger than {limit} bytes.")
            pieces.append(piece)
    except ClientDisconnect as error:
        raise Invalid("The connection ended before the request body did.") from error
    return b"".join(pieces)


def _check_depth(value: Any, levels: int) -> None:
    if not isinstance(value, dict | list):
        return
    if levels == 0:
        raise Invalid(f"The request body nests deeper than {MAX_DEPTH} levels.")
    for item in value.values() if isinstance(value, dict) else value:
        _check_depth(item, levels - 1)
