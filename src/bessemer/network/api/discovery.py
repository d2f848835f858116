"""Version documents, extensions, quotas, and the empty lists of what this cloud does not make."""

from collections.abc import Awaitable, Callable
from typing import Final

from bessemer.network.domain.errors import ResourceNotFound
from bessemer.web.routes import Access, Call, Reply, Route

EXTENSIONS: Final = {
    "provider": "Provider Network",
    "external-net": "Neutron external network",
    "net-mtu": "Network MTU",
    "net-mtu-writable": "Network MTU (writable)",
    "binding": "Port Binding",
    "extra_dhcp_opt": "Neutron Extra DHCP options",
    "port-mac-address-regenerate": "Neutron Port MAC address regenerate",
    "project-id": "project_id field enabled",
    "standard-attr-description": "standard-attr-description",
    "standard-attr-revisions": "Resource revision numbers",
    "standard-attr-timestamp": "Resource timestamps",
    "pagination": "Pagination support",
    "sorting": "Sorting support",
    "quotas": "Quota management support",
    "agent": "agent",
}
"""By alias. Only what is there: clients and other services decide by this list what to send."""

EMPTY: Final = (
    ("agents", "agent"),
    ("availability_zones", "availability_zone"),
    ("security-groups", "security_group"),
    ("security-group-rules", "security_group_rule"),
    ("floatingips", "floatingip"),
    ("routers", "router"),
    ("subnetpools", "subnetpool"),
    ("address-scopes", "address_scope"),
    ("segments", "segment"),
    ("trunks", "trunk"),
)
"""Paths and singular names of collections that are always empty."""

_UNLIMITED: Final = {"network": -1, "subnet": -1, "port": -1}


def version_routes() -> tuple[Route, ...]:
    """Below `/network`."""
    return (Route("GET", "/", _versions, "get_versions", Access.PUBLIC),)


def discovery_routes() -> tuple[Route, ...]:
    """Below `/network/v2.0`."""
    return (
        Route("GET", "/", _resources, "get_versions", Access.PUBLIC),
        Route("GET", "/extensions", _extensions, "get_extensions"),
        Route("GET", "/extensions/{alias}", _extension, "get_extensions"),
        Route("GET", "/quotas/{project_id}", _quota, "get_quota"),
        Route("GET", "/quotas/{project_id}/default", _quota, "get_quota"),
        *(route for path, name in EMPTY for route in _empty_routes(path, name)),
    )


async def _versions(call: Call) -> Reply:
    link = {"rel": "self", "href": f"{call.base_url()}/network/v2.0/"}
    return Reply({"versions": [{"id": "v2.0", "status": "CURRENT", "links": [link]}]})


async def _resources(call: Call) -> Reply:
    base = f"{call.base_url()}/network/v2.0"
    names = (("networks", "network"), ("subnets", "subnet"), ("ports", "port"))
    return Reply(
        {
            "resources": [
                {
                    "name": name,
                    "collection": collection,
                    "links": [{"rel": "self", "href": f"{base}/{collection}"}],
                }
                for collection, name in names
            ]
        }
    )


async def _extensions(_call: Call) -> Reply:
    return Reply({"extensions": [_described(alias) for alias in EXTENSIONS]})


async def _extension(call: Call) -> Reply:
    alias = call.path["alias"]
    if alias not in EXTENSIONS:
        raise ResourceNotFound(f"The extension {alias} could not be found.")
    return Reply({"extension": _described(alias)})


def _described(alias: str) -> dict[str, object]:
    name = EXTENSIONS[alias]
    updated = "2026-01-01T00:00:00-00:00"
    return {"alias": alias, "name": name, "description": name, "updated": updated, "links": []}


async def _quota(_call: Call) -> Reply:
    return Reply({"quota": dict(_UNLIMITED)})


def _empty_routes(path: str, name: str) -> tuple[Route, Route]:
    return (
        Route("GET", f"/{path}", _empty_list(path.replace("-", "_")), f"get_{name}"),
        Route("GET", f"/{path}/{{id}}", _none(name), f"get_{name}"),
    )


def _empty_list(collection: str) -> Callable[[Call], Awaitable[Reply]]:
    async def handler(_call: Call) -> Reply:
        return Reply({collection: []})

    return handler


def _none(name: str) -> Callable[[Call], Awaitable[Reply]]:
    async def handler(call: Call) -> Reply:
        raise ResourceNotFound(f"{name} {call.path['id']} could not be found.")

    return handler
