"""Before 1.91 a trailing `.json` of a path means nothing, unless an object is really called so."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bessemer.baremetal.api.microversions import VERSIONS
from bessemer.web.microversions import VersionNotServed

LITERAL_SINCE: Final = 91
SUFFIX: Final = ".json"
_MARK: Final = "bessemer.json_suffix"


class JsonSuffix:
    """ASGI middleware: takes the suffix off the path and remembers that it was there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["path"].endswith(SUFFIX) and _old(scope):
            bare = scope["path"].removesuffix(SUFFIX)
            scope = {**scope, "path": bare, _MARK: True}
        await self._app(scope, receive, send)


def had_json_suffix(scope: Mapping[str, Any]) -> bool:
    """Whether the request's path ended in `.json` and lost it."""
    return bool(scope.get(_MARK, False))


def _old(scope: Scope) -> bool:
    try:
        return VERSIONS.negotiate(Headers(scope=scope)).minor < LITERAL_SINCE
    except VersionNotServed:
        return False
