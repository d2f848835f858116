"""Web pages of other sites that may use the API: cross-origin resource sharing (the Fetch standard)."""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from bessemer.web.settings import CorsSettings


def cors(settings: CorsSettings) -> tuple[Middleware, ...]:
    """What tells browsers so; nothing when no site may."""
    if not settings.allowed_origin:
        return ()
    allowing = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origin,
        allow_credentials=settings.allow_credentials,
        allow_methods=settings.allow_methods,
        allow_headers=settings.allow_headers,
        expose_headers=settings.expose_headers,
        max_age=round(settings.max_age.total_seconds()),
    )
    return (allowing,)
