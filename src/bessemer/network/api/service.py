"""The network room's services for the web application."""

from collections.abc import Mapping
from typing import Final

from bessemer.context import RequestContext
from bessemer.errors import BessemerError, Forbidden, Invalid, Unauthorized
from bessemer.json_types import JsonObject
from bessemer.network.api.discovery import discovery_routes, version_routes
from bessemer.network.api.networks import NetworkHandlers
from bessemer.network.api.policies import RULES
from bessemer.network.api.ports import PortHandlers
from bessemer.network.api.resource import resource_routes
from bessemer.network.api.subnets import SubnetHandlers
from bessemer.network.operations.means import Means
from bessemer.network.service import EmbeddedNetwork
from bessemer.web.routes import Service
from bessemer.web.unrouted import NoSuchPath

_TYPES: Final[Mapping[type[BessemerError], str]] = {
    Forbidden: "PolicyNotAuthorized",
    Invalid: "InvalidInput",
    NoSuchPath: "HTTPNotFound",
    Unauthorized: "HTTPUnauthorized",
}


def error_body(status: int, error: BessemerError, _context: RequestContext) -> JsonObject:
    """Neutron's: `{"NeutronError": {"type", "message", "detail"}}`."""
    kind = type(error)
    name = "HTTPInternalServerError" if kind is BessemerError else _TYPES.get(kind, kind.__name__)
    return {"NeutronError": {"type": name, "message": error.message, "detail": ""}}


def network_api(network: EmbeddedNetwork) -> tuple[Service, ...]:
    """The embedded room's services for `bessemer.web.dispatch.application`."""
    return network_services(network.means)


def network_services(means: Means) -> tuple[Service, Service]:
    """`/network/v2.0`, and the version documents at `/network`."""
    routes = (
        *discovery_routes(),
        *resource_routes("network", NetworkHandlers(means)),
        *resource_routes("subnet", SubnetHandlers(means)),
        *resource_routes("port", PortHandlers(means)),
    )
    return (
        Service("network", "/network/v2.0", routes, error_body, rules=RULES),
        Service("network", "/network", version_routes(), error_body),
    )
