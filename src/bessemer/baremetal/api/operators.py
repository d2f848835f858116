"""The operators' bare metal API put together: one table, served at the root and below /baremetal."""

from bessemer.baremetal.api.drivers import DriversApi
from bessemer.baremetal.api.empty_lists import EmptyListsApi
from bessemer.baremetal.api.endpoints import Endpoint, routes
from bessemer.baremetal.api.errors import error_body
from bessemer.baremetal.api.microversions import VERSIONS
from bessemer.baremetal.api.node_parts import NodePartsApi, Vifs
from bessemer.baremetal.api.node_states import NodeStatesApi, PowerLater
from bessemer.baremetal.api.nodes import NodesApi
from bessemer.baremetal.api.ports import PortsApi
from bessemer.baremetal.api.versions import OPERATORS, version_routes
from bessemer.baremetal.operations import vifs as vif_operations
from bessemer.baremetal.operations.desk import Desk
from bessemer.web.routes import Service


def baremetal_services(
    desk: Desk, power_later: PowerLater, vifs: Vifs = vif_operations
) -> tuple[Service, ...]:
    """The API at the root, as every client of Ironic expects it, and again below `/baremetal`.

    `vifs`: the module (or object) with `attach`, `detach` and `list_vifs`.
    """
    table = (*version_routes(OPERATORS), *routes(endpoints(desk, power_later, vifs)))
    return tuple(
        Service("baremetal", prefix, table, error_body, VERSIONS) for prefix in ("", "/baremetal")
    )


def endpoints(desk: Desk, power_later: PowerLater, vifs: Vifs) -> tuple[Endpoint, ...]:
    """Every endpoint below `/v1`; fixed paths come before those with `{ident}`."""
    states = NodeStatesApi(desk, power_later)
    return (
        *(each for each in states.endpoints() if "{" not in each.path),
        *NodesApi(desk).endpoints(),
        *(each for each in states.endpoints() if "{" in each.path),
        *NodePartsApi(desk, vifs).endpoints(),
        *PortsApi(desk).endpoints(),
        *DriversApi(desk).endpoints(),
        *EmptyListsApi(desk).endpoints(),
    )
