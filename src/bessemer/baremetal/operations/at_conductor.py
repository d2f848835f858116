"""Operations that run on a conductor: asked for over the bus, wherever the request came in.

What hardware calls need (plug-ins, consoles, the way to the BMC) is at home on the conductor that
the hash ring names. The bus in process takes the same way: there is no other.
"""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import msgspec
import structlog

from bessemer.baremetal.conductor import membership
from bessemer.baremetal.conductor.conductor import topic_of
from bessemer.baremetal.operations.desk import Desk
from bessemer.bus.bus import NoAnswer, NobodyListens
from bessemer.errors import NotFound, Unavailable
from bessemer.json_types import Json, JsonObject

log = structlog.get_logger()

SLACK: Final = timedelta(seconds=5)
"""What the way there and back may take besides the talk with the hardware."""

P = ParamSpec("P")
R = TypeVar("R")
Operation = Callable[Concatenate[Desk, str, P], Coroutine[Any, Any, R]]
Find = Callable[[Desk, str], Awaitable[tuple[str, str]]]
"""The conductor's host name for a subject, and how the subject is called there."""


@dataclass(frozen=True, slots=True)
class _Call:
    """An operation as it is carried out there. `arguments`: their types by name."""

    run: Callable[..., Awaitable[Any]]
    arguments: Mapping[str, Any]


_CALLS: Final[dict[str, _Call]] = {}


async def of_node(desk: Desk, ident: str) -> tuple[str, str]:
    """Raises NotFound, and Unavailable when no conductor serves the node."""
    async with desk.reading() as connection:
        node = await desk.shelves.nodes.get(connection, ident)
    return await desk.responsible_for(node), node.uuid


async def of_driver(desk: Desk, driver: str) -> tuple[str, str]:
    """Raises NotFound when no conductor serves the driver."""
    async with desk.reading() as connection:
        members = await membership.read(connection, desk.settings)
    try:
        return members.anyone_with(driver), driver
    except Unavailable:
        raise NotFound(f"No conductor alive serves the driver {driver[:80]!r}.") from None


def at_conductor(find: Find = of_node) -> Callable[[Operation[P, R]], Operation[P, R]]:
    """Mark `async def (desk, subject, …)` as one that runs on the subject's conductor.

    Arguments and result are values that msgspec takes. Errors of the house come back as
    themselves; besides them the caller may get Unavailable.
    """

    def marked(operation: Operation[P, R]) -> Operation[P, R]:
        signature = inspect.signature(operation)
        name = f"{operation.__module__.rpartition('.')[2]}.{operation.__name__}"
        kinds = {key: each.annotation for key, each in signature.parameters.items()}
        _CALLS[name] = _Call(operation, dict(list(kinds.items())[2:]))

        @wraps(operation)
        async def asked(desk: Desk, subject: str, /, *args: P.args, **kwargs: P.kwargs) -> R:
            given = dict(signature.bind(desk, subject, *args, **kwargs).arguments)
            host, known_as = await find(desk, subject)
            arguments = {
                key: value for key, value in given.items() if key in _CALLS[name].arguments
            }
            answer = await _ask(desk, host, _message(name, known_as, arguments, desk.if_match))
            result: R = msgspec.convert(answer, type=signature.return_annotation)
            return result

        return asked

    return marked


async def serve(desk: Desk) -> Callable[[], Awaitable[None]]:
    """Carry out, as this conductor, what others ask for; returns what ends it."""

    async def answer(message: JsonObject) -> Json:
        call = _CALLS[message["call"]]
        structlog.contextvars.bind_contextvars(request_id=message["request_id"])
        given = {
            key: msgspec.convert(value, type=call.arguments[key])
            for key, value in message["arguments"].items()
        }
        log.info("conductor.asked", call=message["call"], subject=message["subject"])
        asked = replace(desk, if_match=message.get("if_match"))
        return msgspec.to_builtins(await call.run(asked, message["subject"], **given))

    return await desk.bus.serve(topic_of(desk.hostname), answer)


def _message(
    name: str, subject: str, arguments: Mapping[str, Any], if_match: str | None
) -> JsonObject:
    return {
        "call": name,
        "subject": subject,
        "arguments": msgspec.to_builtins(arguments),
        "if_match": if_match,
        "request_id": structlog.contextvars.get_contextvars().get("request_id"),
    }


async def _ask(desk: Desk, host: str, message: JsonObject) -> Json:
    limit = desk.settings.bmc_request_timeout + SLACK
    try:
        return await desk.bus.request(topic_of(host), message, limit)
    except NobodyListens as error:
        raise Unavailable(
            f"Conductor {host}, which serves {message['subject']}, cannot be asked: {error.message} "
            "If it is down, another takes over within a minute; then try again."
        ) from None
    except NoAnswer as error:
        raise Unavailable(
            f"Conductor {host} did not answer for {message['subject']}: {error.message} It may "
            "still do what it was told; look, then try again."
        ) from None
