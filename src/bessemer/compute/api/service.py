"""The compute room's Service for `bessemer.web`: all routes, Nova's error body and microversions."""

from bessemer.compute.api.actions import action_routes
from bessemer.compute.api.errors import error_body
from bessemer.compute.api.flavors import flavor_routes
from bessemer.compute.api.hypervisors import hypervisor_routes
from bessemer.compute.api.keypairs import keypair_routes
from bessemer.compute.api.policies import RULES
from bessemer.compute.api.servers import server_routes
from bessemer.compute.api.surroundings import surrounding_routes
from bessemer.compute.api.versions import ROUTES as VERSION_ROUTES
from bessemer.compute.api.versions import VERSIONS
from bessemer.compute.service import EmbeddedCompute
from bessemer.web.routes import Service


def compute_api(compute: EmbeddedCompute) -> Service:
    """Everything below `/compute`."""
    rooms = compute.rooms
    routes = (
        *VERSION_ROUTES,
        *server_routes(compute),
        *action_routes(compute),
        *flavor_routes(rooms.database),
        *keypair_routes(rooms.database),
        *hypervisor_routes(rooms),
        *surrounding_routes(rooms),
    )
    return Service("compute", "/compute", routes, error_body, VERSIONS, rules=RULES)
