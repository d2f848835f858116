"""What paths mean before any route sees them: a version left out, a suffix that says nothing."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bessemer.baremetal.api.microversions import VERSIONS
from bessemer.web.microversions import VersionNotServed

VERSION: Final = "v1"
OUTSIDE_OF_IT: Final = frozenset({"", VERSION, "openapi.json", "metrics"})
"""First words of paths that stay as they are; all others are below `/v1`, said or not."""
LITERAL_SINCE: Final = 91
SUFFIX: Final = ".json"
_MARK: Final = "bessemer.json_suffix"


class ClientPaths:
    """ASGI middleware: `/nodes` is `/v1/nodes` (links called bookmark lead there).

    Before 1.91 a trailing `.json` means nothing, unless an object is really called so: it is taken
    off, and remembered.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            scope = {**scope, "path": _versioned(scope["path"], scope.get("root_path", ""))}
            if scope["path"].endswith(SUFFIX) and _old(scope):
                scope |= {"path": scope["path"].removesuffix(SUFFIX), _MARK: True}
        await self._app(scope, receive, send)


def had_json_suffix(scope: Mapping[str, Any]) -> bool:
    """Whether the request's path ended in `.json` and lost it."""
    return bool(scope.get(_MARK, False))


def _versioned(path: str, mount: str) -> str:
    below = path.removeprefix(mount)
    first = below.removeprefix("/").partition("/")[0]
    return path if first in OUTSIDE_OF_IT else f"{mount}/{VERSION}{below}"


def _old(scope: Scope) -> bool:
    try:
        return VERSIONS.negotiate(Headers(scope=scope)).minor < LITERAL_SINCE
    except VersionNotServed:
        return False
