"""What a path that no route serves is answered: in the words and the shape of the service it lies in."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bessemer.context import RequestContext, new_request_id
from bessemer.errors import BessemerError, MethodNotAllowed, NotFound
from bessemer.web.routes import Service

REQUEST_ID: Final = (b"x-openstack-request-id", b"openstack-request-id")
"""Headers that name the request, in every reply."""


class NoSuchPath(NotFound):
    """No route has this path."""


class NoSuchMethod(MethodNotAllowed):
    """The path has routes, but none for this method; the reply's header Allow names those."""


def unrouted(
    services: Sequence[Service],
) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Starlette's exception handler. `services`: those of longer prefixes first."""

    async def answer(request: Request, error: Exception) -> Response:
        refused = error if isinstance(error, HTTPException) else HTTPException(500)
        status, context = refused.status_code, RequestContext(request_id=new_request_id())
        path = request.url.path
        within = (each for each in services if f"{path}/".startswith(f"{each.prefix}/"))
        service, why = next(within, None), _in_words(status)
        body = service.error_body(status, why, context) if service else {"message": why.message}
        response = Response(
            msgspec.json.encode(body), status, refused.headers, media_type="application/json"
        )
        request_id = context.request_id.encode()
        response.raw_headers.extend((name, request_id) for name in REQUEST_ID)
        return response

    return answer


def _in_words(status: int) -> BessemerError:
    if status == 405:
        return NoSuchMethod(
            "This path does not take this method; the header Allow names those it takes."
        )
    return NoSuchPath("No such path here.")
