"""From route tables to a Starlette application: ids, versions, authentication, errors, once for all."""

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from typing import Any

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.routing import Route as StarletteRoute

from bessemer.context import RequestContext, RequestId, request_id_or_new
from bessemer.errors import BessemerError, Unauthorized
from bessemer.web import audit
from bessemer.web.authentication import Authenticate
from bessemer.web.body import read_json
from bessemer.web.errors import status_of
from bessemer.web.microversions import Microversion, VersionRange
from bessemer.web.policies import demand
from bessemer.web.routes import Access, Call, Raw, Reply, Route, Service
from bessemer.web.unrouted import REQUEST_ID, unrouted

log = structlog.get_logger()

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]
_NO_VERSION = Microversion(0, 0)


def application(
    services: Sequence[Service],
    authenticate: Authenticate,
    lifespan: Lifespan | None = None,
    *,
    around: Sequence[Middleware] = (),
    beside: Sequence[BaseRoute] = (),
) -> Starlette:
    """One ASGI application for all services. Longer prefixes win over shorter ones.

    `around`: what every request passes first. `beside`: routes that belong to no service.
    """
    ranked = sorted(services, key=lambda service: len(service.prefix), reverse=True)
    mounts = [_mount(each, authenticate) for each in ranked]
    bare = [StarletteRoute(each.prefix, _to_its_root) for each in ranked if each.prefix]
    return Starlette(
        routes=[*beside, *bare, *mounts],
        middleware=around,
        lifespan=lifespan,
        exception_handlers={HTTPException: unrouted(ranked)},
    )


def _mount(service: Service, authenticate: Authenticate) -> Mount:
    wrapped = [] if service.middleware is None else [Middleware(service.middleware)]
    return Mount(service.prefix, routes=_routes(service, authenticate), middleware=wrapped)


def _routes(service: Service, authenticate: Authenticate) -> list[StarletteRoute]:
    """Every path, and again with a slash at its end: clients write both."""
    by_path: dict[str, list[Route]] = {}
    for route in service.routes:
        by_path.setdefault(route.path, []).append(route)
    plain = [_path(service, path, these, authenticate) for path, these in by_path.items()]
    slashed = [
        _path(service, f"{path}/", these, authenticate)
        for path, these in by_path.items()
        if not path.endswith(("/", ":path}")) and f"{path}/" not in by_path
    ]
    return [*plain, *slashed]


def _path(
    service: Service, path: str, routes: Sequence[Route], authenticate: Authenticate
) -> StarletteRoute:
    endpoint = _endpoint(service, routes, authenticate)
    return StarletteRoute(path, endpoint, methods=[route.method for route in routes])


def _endpoint(
    service: Service, routes: Sequence[Route], authenticate: Authenticate
) -> Callable[[Request], Awaitable[Response]]:
    by_method = {route.method: route for route in routes}

    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await _serve(service, by_method[method], authenticate, request)

    return endpoint


async def _serve(
    service: Service, route: Route, authenticate: Authenticate, request: Request
) -> Response:
    request_id = request_id_or_new(request.headers.get("X-OpenStack-Request-ID"))
    structlog.contextvars.bind_contextvars(request_id=request_id)
    started = time.monotonic()
    version: Microversion | None = None
    context = RequestContext(request_id=request_id)
    try:
        if service.versions is not None:
            version = service.versions.negotiate(request.headers)
        context = await _admit(service, route, authenticate, request, request_id)
        body = await _body(route, request)
        call = Call(request, context, version or _NO_VERSION, request.path_params, body)
        response = _response(route, await route.handler(call))
    except BessemerError as error:
        response = _failure(service, status_of(error), error, context)
    except Exception:
        log.exception("api.fault", service=service.name, path=request.url.path)
        fault = BessemerError(
            f"The server failed at this request; its log has the details under {request_id}."
        )
        response = _failure(service, 500, fault, context)
    response.raw_headers.extend((name, request_id.encode()) for name in REQUEST_ID)
    if service.versions is not None:
        response.raw_headers.extend(_version_headers(service.versions, version))
    audit.note(service, route, request.url.path, context, response.status_code)
    log.info(
        "api.request",
        service=service.name,
        method=request.method,
        path=request.url.path,
        status=response.status_code,
        ms=round((time.monotonic() - started) * 1000, 1),
    )
    return response


@lru_cache
def _version_headers(
    versions: VersionRange, served: Microversion | None
) -> tuple[tuple[bytes, bytes], ...]:
    """As ASGI wants them."""
    headers = versions.reply_headers(served)
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())


async def _admit(
    service: Service,
    route: Route,
    authenticate: Authenticate,
    request: Request,
    request_id: RequestId,
) -> RequestContext:
    if route.access is Access.PUBLIC:
        return RequestContext(request_id=request_id)
    context = await authenticate(request.headers, request_id)
    if route.access is Access.AUTHENTICATED:
        demand(service.rules, route.policy, context)
    return context


async def _body(route: Route, request: Request) -> Any:
    if route.body is None or route.body is Raw.STREAM:
        return None
    return await read_json(request, route.body, route.body_limit)


def _response(route: Route, reply: Reply | Response) -> Response:
    if isinstance(reply, Response):
        return reply
    status = reply.status or route.status
    if reply.body is None:
        return Response(status_code=status, headers=reply.headers)
    return Response(
        msgspec.json.encode(reply.body),
        status_code=status,
        headers=reply.headers,
        media_type="application/json",
    )


def _failure(
    service: Service, status: int, error: BessemerError, context: RequestContext
) -> Response:
    challenge = error.challenge if isinstance(error, Unauthorized) else ""
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    return Response(
        msgspec.json.encode(service.error_body(status, error, context)),
        status_code=status,
        headers=headers,
        media_type="application/json",
    )


async def _to_its_root(request: Request) -> Response:
    """Clients look for a service's versions at its prefix alone; its paths begin with a slash.

    The whole address, since keystoneauth follows no other.
    """
    return RedirectResponse(request.url.replace(path=f"{request.url.path}/"))
