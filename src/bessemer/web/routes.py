"""A room's API is a table of routes; from it come dispatch and, later, its documentation."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from bessemer.context import RequestContext
from bessemer.errors import BessemerError
from bessemer.json_types import JsonObject
from bessemer.web.microversions import Microversion, VersionRange
from bessemer.web.policies import Rules

DEFAULT_BODY_LIMIT: Final = 1024 * 1024
"""Bytes of JSON that a request may carry unless its route says otherwise."""


class Access(Enum):
    """Who may use a route."""

    PUBLIC = "public"
    AUTHENTICATED = "authenticated"
    """Who passes the route's rule in the table of its service."""
    GATED = "gated"
    """Whoever is logged in gets to the room's own gate, which decides."""


class Raw(Enum):
    """Marks a route that reads its body itself, as a stream of bytes."""

    STREAM = "stream"


Permits = Callable[[str, str | None, str | None], bool]
"""Whether the caller passes a rule, given the owner and the lessee of what it is about."""


def _nothing(_rule: str, _owner: str | None, _lessee: str | None) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a request may ask for or bring: items of a list's page, bytes of a body."""

    items: int = 1000
    body: int = DEFAULT_BODY_LIMIT


@dataclass(frozen=True, slots=True)
class Call:
    """One request, decoded and authenticated, as a handler sees it.

    `only_project`: a list shows no more than what this project owns or rents; None: everything.
    `permits`: what the room's own gate says of further rules; without one, nothing.
    """

    request: Request
    context: RequestContext
    version: Microversion
    path: Mapping[str, str]
    body: Any = None
    only_project: str | None = None
    permits: Permits = _nothing
    bounds: Bounds = Bounds()

    @property
    def query(self) -> QueryParams:
        """Query parameters."""
        return self.request.query_params

    @property
    def headers(self) -> Headers:
        """Request headers; names in any case."""
        return self.request.headers

    def stream(self) -> AsyncIterator[bytes]:
        """The body in pieces, for routes with `body=Raw.STREAM`."""
        return self.request.stream()

    def base_url(self) -> str:
        """Scheme and host as the client sees them, without a trailing slash."""
        return str(self.request.base_url).rstrip("/")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `body` is anything msgspec encodes; None means no body. `status` None: the route's."""

    body: Any = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Awaitable[Reply | Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path (Starlette's `{name}` and `{name:path}` patterns).

    `body`: a msgspec type to decode into, `dict` for free JSON, Raw.STREAM, or None for no body.
    `policy`: the rule's name, as upstream spells it.
    """

    method: str
    path: str
    handler: Handler
    policy: str
    access: Access = Access.AUTHENTICATED
    body: Any = None
    status: int = 200
    body_limit: int = DEFAULT_BODY_LIMIT


ErrorBody = Callable[[int, BessemerError, RequestContext], JsonObject]


@dataclass(frozen=True, slots=True)
class Service:
    """One OpenStack service: its routes below a prefix, its error body, its microversions.

    `rules`: who passes each of its routes that no gate of the room's own decides on.
    """

    name: str
    prefix: str
    routes: tuple[Route, ...]
    error_body: ErrorBody
    versions: VersionRange | None = None
    middleware: Callable[[ASGIApp], ASGIApp] | None = None
    rules: Rules = field(default_factory=dict)
