"""Rows of the API's table: path, handler, policy, and the microversion an endpoint exists since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from starlette.responses import Response

from bessemer.baremetal.api.fields import FieldTable
from bessemer.baremetal.api.gate import Gate
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.queries import FIELDS, PAGING, Filter, refuse_unknown
from bessemer.baremetal.api.values import Checker
from bessemer.baremetal.api_settings import ApiSettings
from bessemer.errors import BessemerError, MethodNotAllowed, NotFound
from bessemer.json_types import JsonObject
from bessemer.web.routes import Access, Bounds, Call, Handler, Reply, Route


class BodySize(StrEnum):
    """Which setting says how large a body may be."""

    USUAL = "max_json_body_size"
    PROVISION = "max_json_body_size_provision"
    INSPECTION = "max_json_body_size_inspection"


ANYTHING: Final[JsonObject] = {}
"""The JSON schema of which nothing is said."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One key of a request's body that is no object's field, and since when it is taken."""

    check: Checker
    since: int = 1
    required: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method on one path below `/v1`. Below microversion 1.`since` it raises `too_early`.

    `policy` names a rule of `policies.RULES`, which the gate asks of what the path is about.
    `narrows`: a list whose handler heeds `Call.only_project`; others are for system readers.

    What follows `access` is for the document: `table` is the kind of object that is made, changed
    or shown; `key` is where a list has them, and `pages` whether it comes in pages; `filters` are
    the query's own parameters (others are refused unless `any_query`); `arguments` is a body that
    is no such object; `reply` is the schema of an answer that is none.
    """

    method: str
    path: str
    handler: Handler
    policy: str
    since: int = 1
    body: Any = None
    status: int = 200
    body_limit: int | BodySize = BodySize.USUAL
    access: Access = Access.GATED
    table: FieldTable[Any] | None = None
    key: str = ""
    pages: bool = True
    filters: Mapping[str, Filter] = field(default_factory=dict)
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    reply: JsonObject = field(default_factory=lambda: ANYTHING)
    narrows: bool = False
    any_query: bool = False
    too_early: type[BessemerError] = NotFound

    @property
    def parameters(self) -> Mapping[str, Filter]:
        """Everything that the query may hold."""
        if self.method != "GET" or self.table is None:
            return self.filters
        usual = FIELDS if not self.key else PAGING if self.pages else {}
        return {**usual, **self.filters}

    @property
    def summary(self) -> str:
        """What it does, in the words of its handler."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0]


def routes(endpoints: Sequence[Endpoint], gate: Gate, settings: ApiSettings) -> tuple[Route, ...]:
    """The routes, in the order given: fixed paths before those with `{ident}`."""
    bounds = Bounds(settings.max_limit, _bytes(BodySize.USUAL, settings))
    return tuple(
        Route(
            method=each.method,
            path=f"/v1{each.path}",
            handler=_guarded(each, gate, bounds),
            policy=each.policy,
            access=each.access,
            body=each.body,
            status=each.status,
            body_limit=_bytes(each.body_limit, settings),
        )
        for each in endpoints
    )


def closed_early(rows: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """The rows; before their version all methods but GET answer 405 instead of 404."""
    return tuple(
        row if row.method == "GET" else replace(row, too_early=MethodNotAllowed) for row in rows
    )


def _bytes(limit: int | BodySize, settings: ApiSettings) -> int:
    return getattr(settings, limit) * 1024 if isinstance(limit, BodySize) else limit


def _guarded(endpoint: Endpoint, gate: Gate, bounds: Bounds) -> Handler:
    row = (endpoint.method, endpoint.path, endpoint.policy)

    async def handler(call: Call) -> Reply | Response:
        if call.version.minor < endpoint.since:
            raise endpoint.too_early(
                f"The resource could not be found: {endpoint.path} exists since API version "
                f"1.{endpoint.since}, and 1.{call.version.minor} was asked for."
            )
        _check_query(endpoint, call)
        call = replace(call, bounds=bounds)
        if endpoint.access is Access.PUBLIC:
            gate.admit_anybody(endpoint.policy, call)
        else:
            call = await gate.admit(*row, call, narrows=endpoint.narrows)
        return await endpoint.handler(call)

    return handler


def _check_query(endpoint: Endpoint, call: Call) -> None:
    """Raises Invalid for a parameter that means nothing here, NotAcceptable for one too new."""
    if endpoint.any_query:
        return
    parameters = endpoint.parameters
    refuse_unknown(call, list(parameters))
    for name in call.query:
        require(call.version.minor, parameters[name].since, f"query parameter {name}")
