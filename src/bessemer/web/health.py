"""`GET /healthcheck`: whether this process can do its work, for load balancers and watchers."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bessemer.errors import BessemerError

log = structlog.get_logger()

PATH: Final = "/healthcheck"
PATIENCE_S: Final = 5.0
"""What has not answered by then is away."""
BELIEVED_FOR_S: Final = 1.0
"""Nobody has to log in to ask, so that asking often must cost nothing."""

Check = Callable[[], Awaitable[None]]
"""Returns when all is well; raises a BessemerError that says what is not."""


def health_route(checks: Mapping[str, Check], *, believed_for_s: float = BELIEVED_FOR_S) -> Route:
    """200 when every check passes, else 503; the body is `{"reasons": […], "detailed": false}`.

    Path and body are those of OpenStack's services (oslo.middleware).
    """
    asking = asyncio.Lock()
    reasons: list[str] = []
    believed_until = 0.0

    async def answer(_request: Request) -> Response:
        nonlocal reasons, believed_until
        async with asking:
            if time.monotonic() >= believed_until:
                found = await asyncio.gather(*(_reason(*each) for each in checks.items()))
                reasons = [each for each in found if each is not None]
                believed_until = time.monotonic() + believed_for_s
        return Response(
            msgspec.json.encode({"reasons": reasons, "detailed": False}),
            status_code=503 if reasons else 200,
            headers={"Cache-Control": "no-store"},
            media_type="application/json",
        )

    return Route(PATH, answer)


async def _reason(name: str, check: Check) -> str | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await check()
    except TimeoutError:
        return f"{name}: no answer within {PATIENCE_S:g} s"
    except BessemerError as error:
        return f"{name}: {error.message}"
    except Exception:
        log.exception("health.fault", check=name)
        return f"{name}: the check failed; the log has the details"
    return None
