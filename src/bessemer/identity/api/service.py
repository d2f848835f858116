"""The identity room's Service for `bessemer.web`: all routes and Keystone's error body."""

from http import HTTPStatus

from bessemer.context import RequestContext
from bessemer.errors import BessemerError
from bessemer.identity.api.auth import auth_routes
from bessemer.identity.api.people import people_routes
from bessemer.identity.api.policies import RULES
from bessemer.identity.api.services import service_routes
from bessemer.identity.api.versions import ROUTES as VERSION_ROUTES
from bessemer.identity.service import EmbeddedIdentity
from bessemer.json_types import JsonObject
from bessemer.web.routes import Service


def error_body(status: int, error: BessemerError, _context: RequestContext) -> JsonObject:
    """Keystone's: `{"error": {"code", "message", "title"}}`."""
    title = HTTPStatus(status).phrase
    return {"error": {"code": status, "message": error.message, "title": title}}


def identity_api(identity: EmbeddedIdentity, *, legacy_admin: bool = False) -> Service:
    """Everything below `/identity`. `legacy_admin`: see the settings of authentication."""
    routes = (
        *VERSION_ROUTES,
        *auth_routes(identity, legacy_admin=legacy_admin),
        *people_routes(identity.administration),
        *service_routes(identity.settings.region),
    )
    return Service("identity", "/identity", routes, error_body, rules=RULES)
