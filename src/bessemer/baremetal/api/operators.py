"""The operators' bare metal API put together: one table, served at the root and below /baremetal."""

from functools import cache

from bessemer.baremetal.api.allocations import AllocationsApi
from bessemer.baremetal.api.chassis import ChassisApi
from bessemer.baremetal.api.client_paths import ClientPaths
from bessemer.baremetal.api.deploy_templates import deploy_templates_api
from bessemer.baremetal.api.driver_parts import DriverPartsApi
from bessemer.baremetal.api.drivers import DriversApi
from bessemer.baremetal.api.endpoints import Endpoint, closed_early, routes
from bessemer.baremetal.api.errors import error_body
from bessemer.baremetal.api.events import EventsApi
from bessemer.baremetal.api.families import FamiliesApi
from bessemer.baremetal.api.gate import Gate
from bessemer.baremetal.api.hardware import hardware_endpoints
from bessemer.baremetal.api.inspection_rules import InspectionRulesApi
from bessemer.baremetal.api.metrics import METRICS_RULES, metrics_route
from bessemer.baremetal.api.microversions import VERSIONS
from bessemer.baremetal.api.node_history import NodeHistoryApi
from bessemer.baremetal.api.node_parts import NodePartsApi, Vifs
from bessemer.baremetal.api.node_states import NodeStatesApi
from bessemer.baremetal.api.nodes import NodesApi
from bessemer.baremetal.api.openapi.document import document
from bessemer.baremetal.api.openapi.reference_page import reference_page
from bessemer.baremetal.api.policies import Policies
from bessemer.baremetal.api.portgroups import portgroups_api
from bessemer.baremetal.api.ports import PortsApi
from bessemer.baremetal.api.ramdisk import RamdiskApi
from bessemer.baremetal.api.runbooks import RunbooksApi
from bessemer.baremetal.api.versions import OPERATORS, RAMDISK, version_routes
from bessemer.baremetal.api.volume import VolumeApi
from bessemer.baremetal.operations import vifs as vif_operations
from bessemer.baremetal.operations.desk import Desk
from bessemer.json_types import JsonObject
from bessemer.web.routes import Access, Call, Reply, Route, Service


def baremetal_services(desk: Desk, vifs: Vifs = vif_operations) -> tuple[Service, ...]:
    """The API at the root, as every client of Ironic expects it, and again below `/baremetal`.

    Raises ConfigurationError for a policy file that makes no sense.
    `vifs`: the module (or object) with `attach`, `detach` and `list_vifs`.
    """
    gate = Gate(desk.shelves.database, Policies(desk.settings.policy_file))
    settings = desk.settings.api
    of_ramdisks = RamdiskApi(desk).endpoints() if settings.enable_ramdisk_endpoints else ()
    table = (
        *version_routes({**OPERATORS, **RAMDISK} if of_ramdisks else OPERATORS),
        _document_route(desk, vifs),
        metrics_route(desk),
        *routes((*endpoints(desk, vifs), *of_ramdisks), gate, settings),
    )
    return tuple(
        Service("baremetal", prefix, table, error_body, VERSIONS, ClientPaths, METRICS_RULES)
        for prefix in ("", "/baremetal")
    )


def openapi(desk: Desk, vifs: Vifs = vif_operations) -> JsonObject:
    """The OpenAPI document of both listeners."""
    rows = endpoints(desk, vifs)
    return document(rows, RamdiskApi(desk).endpoints(), version_routes(OPERATORS))


def reference(desk: Desk, vifs: Vifs = vif_operations) -> str:
    """The reference page of both listeners, in Markdown."""
    return reference_page(endpoints(desk, vifs), RamdiskApi(desk).endpoints())


def _document_route(desk: Desk, vifs: Vifs) -> Route:
    described = cache(lambda: openapi(desk, vifs))

    async def show(_call: Call) -> Reply:
        return Reply(described())

    return Route("GET", "/openapi.json", show, "baremetal:openapi", Access.PUBLIC)


def endpoints(desk: Desk, vifs: Vifs) -> tuple[Endpoint, ...]:
    """Every endpoint below `/v1`; fixed paths come before those with `{ident}`."""
    states = NodeStatesApi(desk)
    return (
        *(each for each in states.endpoints() if "{" not in each.path),
        *NodesApi(desk).endpoints(),
        *(each for each in states.endpoints() if "{" in each.path),
        *NodePartsApi(desk, vifs).endpoints(),
        *NodeHistoryApi(desk).endpoints(),
        *hardware_endpoints(desk),
        *FamiliesApi(desk).endpoints(),
        *PortsApi(desk).endpoints(),
        *portgroups_api(desk).endpoints(),
        *ChassisApi(desk).endpoints(),
        *VolumeApi(desk).endpoints(),
        *DriversApi(desk).endpoints(),
        *DriverPartsApi(desk).endpoints(),
        *AllocationsApi(desk).endpoints(),
        *closed_early(deploy_templates_api(desk).endpoints()),
        *RunbooksApi(desk).endpoints(),
        *InspectionRulesApi(desk).endpoints(),
        *EventsApi(desk).endpoints(),
    )
