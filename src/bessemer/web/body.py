"""Reads and guards JSON request bodies: size before parsing, everything else before anybody uses them."""

import json
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request

from bessemer.errors import Invalid, TooLarge

MAX_DEPTH: Final = 25
MAX_VALUES: Final = 500_000
"""Values in one body, counted by their marks. Ten thousand NICs need a tenth of it; millions of
empty lists, which fit into any body's limit, would keep everybody else waiting for seconds."""
LEAST_INTEGER: Final = -(2**63)
GREATEST_INTEGER: Final = 2**64 - 1
"""What databases and other programs can hold; machines report unsigned counters of 64 bits."""
_MARKS: Final = (b",", b"[", b"{")


def has_body(request: Request) -> bool:
    """Whether a body comes with it: of a length, or in chunks (RFC 9112 section 6.3)."""
    headers = request.headers
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


async def read_json(request: Request, kind: Any, limit: int) -> Any:
    """The body as `kind`.

    Raises TooLarge over `limit` bytes or MAX_VALUES, Invalid for anything malformed: also for keys
    given twice (RFC 8259 leaves their meaning open), null characters, and integers beyond 64 bits.
    """
    raw = await _read_limited(request, limit)
    if sum(raw.count(mark) for mark in _MARKS) > MAX_VALUES:
        raise TooLarge(f"The request body holds more than {MAX_VALUES} values.")
    try:
        decoded = msgspec.json.decode(raw)
        if _checked(decoded, MAX_DEPTH, "$") != raw.count(b":"):  # or colons in texts
            json.loads(raw, object_pairs_hook=_refuse_doubles)
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
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit:
        raise TooLarge(f"The request body is larger than {limit} bytes.")
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise TooLarge(f"The request body is larger than {limit} bytes.")
            pieces.append(piece)
    except ClientDisconnect as error:
        raise Invalid("The connection ended before the request body did.") from error
    return b"".join(pieces)


def _checked(value: Any, levels: int, where: str) -> int:
    """How many keys there are, at all depths. Raises Invalid, which says where (as `$.a[...]`)."""
    if isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, dict | list):
        if levels == 0:
            raise Invalid(f"The request body nests deeper than {MAX_DEPTH} levels.")
        if isinstance(value, list):
            below = f"{where}[...]"
            return sum(_checked(item, levels - 1, below) for item in value)
        for key in value:
            _check_text(key, where)
        pairs = value.items()
        return len(value) + sum(_checked(item, levels - 1, f"{where}.{key}") for key, item in pairs)
    elif isinstance(value, int) and not LEAST_INTEGER <= value <= GREATEST_INTEGER:
        raise Invalid(f"The request body does not fit: an integer beyond 64 bits at {where[:200]}.")
    return 0


def _check_text(text: str, where: str) -> None:
    if "\x00" in text:
        raise Invalid(f"The request body does not fit: a null character at {where[:200]}.")


def _refuse_doubles(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise Invalid(f"The request body gives {key[:80]!r} twice in one object.")
        seen.add(key)
