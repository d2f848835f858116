"""How a request's answer travels: as JSON that holds a value, or an error of the house as itself."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import structlog

from bessemer.bus.bus import Answerer, FaultElsewhere
from bessemer.errors import BessemerError
from bessemer.json_types import Json

log = structlog.get_logger()

_FAULT: Final = "A fault of Bessemer itself, in another process; its log has the details."


async def answered(answerer: Answerer, body: bytes) -> bytes:
    """Let `answerer` answer the request in `body`; the envelope of its value or its error."""
    try:
        value = await answerer(msgspec.json.decode(body))
        return msgspec.json.encode({"value": value})
    except BessemerError as error:
        return msgspec.json.encode({"error": _packed(error)})
    except Exception:
        log.exception("bus.answerer_failed")
        return msgspec.json.encode({"fault": _FAULT})


def opened(envelope: bytes) -> Json:
    """The value within. Raises the error within, FaultElsewhere for a fault."""
    content: dict[str, Any] = msgspec.json.decode(envelope)
    if "error" in content:
        raise _unpacked(content["error"])
    if "fault" in content:
        raise FaultElsewhere(content["fault"])
    return content["value"]


def _packed(error: BessemerError) -> dict[str, Any]:
    """Its class with all ancestors of the house, nearest first, and what it carries."""
    kinds = [_name(kind) for kind in type(error).__mro__ if issubclass(kind, BessemerError)]
    return {"kinds": kinds, "facts": dict(_sendable(vars(error)))}


def _sendable(facts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in facts.items():
        if isinstance(value, str | int | float | bool | None):
            yield name, value


def _unpacked(content: Mapping[str, Any]) -> BessemerError:
    """Of the nearest class that is known here: the other process may be of a newer version."""
    known = {_name(kind): kind for kind in _kinds(BessemerError)}
    kind = next((known[name] for name in content["kinds"] if name in known), BessemerError)
    error = kind.__new__(kind)
    Exception.__init__(error, content["facts"]["message"])
    vars(error).update(content["facts"])
    return error


def _kinds(kind: type[BessemerError]) -> Iterator[type[BessemerError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
