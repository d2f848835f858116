"""Rows of the API's table: path, handler, policy, and the microversion an endpoint exists since."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from bessemer.errors import NotFound
from bessemer.web.routes import DEFAULT_BODY_LIMIT, Access, Call, Handler, Reply, Route


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method on one path below `/v1`. Below microversion 1.`since` it answers 404."""

    method: str
    path: str
    handler: Handler
    policy: str
    since: int = 1
    body: Any = None
    status: int = 200
    body_limit: int = DEFAULT_BODY_LIMIT
    access: Access = Access.ADMIN


def routes(endpoints: Sequence[Endpoint]) -> tuple[Route, ...]:
    """The routes, in the order given: fixed paths before those with `{ident}`."""
    return tuple(
        Route(
            method=each.method,
            path=f"/v1{each.path}",
            handler=_gated(each),
            policy=each.policy,
            access=each.access,
            body=each.body,
            status=each.status,
            body_limit=each.body_limit,
        )
        for each in endpoints
    )


def _gated(endpoint: Endpoint) -> Handler:
    if endpoint.since <= 1:
        return endpoint.handler

    async def handler(call: Call) -> Reply | Response:
        if call.version.minor < endpoint.since:
            raise NotFound(
                f"The resource could not be found: {endpoint.path} exists since API version "
                f"1.{endpoint.since}, and 1.{call.version.minor} was asked for."
            )
        return await endpoint.handler(call)

    return handler
