"""Small resources that clients look at: zones, services, limits, extensions."""

import socket
from typing import Final

from bessemer.clock import now
from bessemer.compute.api.server_views import naive
from bessemer.compute.operations.rooms import Rooms
from bessemer.compute.store.servers import Page, ServerFilter, list_servers
from bessemer.json_types import JsonObject
from bessemer.web.routes import Call, Reply, Route

UNLIMITED: Final = -1
EXTENSIONS: Final = (
    ("os-availability-zone", "AvailabilityZone"),
    ("os-config-drive", "ConfigDrive"),
    ("os-flavor-extra-specs", "FlavorExtraSpecs"),
    ("os-flavor-manage", "FlavorManage"),
    ("os-hypervisors", "Hypervisors"),
    ("os-instance-actions", "InstanceActions"),
    ("os-keypairs", "Keypairs"),
    ("os-multiple-create", "MultipleCreate"),
    ("os-services", "Services"),
    ("os-user-data", "UserData"),
)
"""Alias and name of what is offered, as old clients ask for it."""


def _extension(alias: str, name: str) -> JsonObject:
    return {
        "alias": alias,
        "name": name,
        "description": name,
        "links": [],
        "namespace": "http://docs.openstack.org/compute/ext/fake_xml",
        "updated": "2014-12-03T00:00:00Z",
    }


class SurroundingsApi:
    """Handlers."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def zones(self, _call: Call) -> Reply:
        """`GET /os-availability-zone`: one."""
        zone = {
            "zoneName": self._rooms.settings.availability_zone,
            "zoneState": {"available": True},
            "hosts": None,
        }
        return Reply({"availabilityZoneInfo": [zone]})

    async def zones_in_detail(self, call: Call) -> Reply:
        """`GET /os-availability-zone/detail`."""
        state = {"active": True, "available": True, "updated_at": naive(now())}
        zone = {
            "zoneName": self._rooms.settings.availability_zone,
            "zoneState": {"available": True},
            "hosts": {socket.gethostname(): {"nova-compute": state}},
        }
        return Reply({"availabilityZoneInfo": [zone]})

    async def services(self, call: Call) -> Reply:
        """`GET /os-services`: this process does both jobs, and it answers."""
        binaries = ("nova-scheduler", "nova-compute")
        services = [self._service(number, name) for number, name in enumerate(binaries, 1)]
        wanted = call.query.get("binary")
        return Reply({"services": [s for s in services if wanted in (None, s["binary"])]})

    async def limits(self, call: Call) -> Reply:
        """`GET /limits`: none but the length of a request's list."""
        wanted = ServerFilter(project_id=call.context.project_id)
        async with self._rooms.database.read() as connection:
            servers = await list_servers(connection, wanted, Page())
        absolute = {
            "maxTotalInstances": UNLIMITED,
            "maxTotalCores": UNLIMITED,
            "maxTotalRAMSize": UNLIMITED,
            "maxTotalKeypairs": UNLIMITED,
            "maxServerMeta": 128,
            "maxServerGroups": 0,
            "maxServerGroupMembers": 0,
            "totalInstancesUsed": len(servers),
            "totalCoresUsed": sum(server.flavor.vcpus for server in servers),
            "totalRAMUsed": sum(server.flavor.ram for server in servers),
            "totalServerGroupsUsed": 0,
        }
        return Reply({"limits": {"rate": [], "absolute": absolute}})

    async def extensions(self, _call: Call) -> Reply:
        """`GET /extensions`."""
        return Reply({"extensions": [_extension(*item) for item in EXTENSIONS]})

    def _service(self, number: int, binary: str) -> JsonObject:
        return {
            "id": number,
            "binary": binary,
            "host": socket.gethostname(),
            "zone": self._rooms.settings.availability_zone,
            "status": "enabled",
            "state": "up",
            "updated_at": naive(now()),
            "disabled_reason": None,
            "forced_down": False,
        }


def surrounding_routes(rooms: Rooms) -> tuple[Route, ...]:
    """All of them."""
    api, zone = SurroundingsApi(rooms), "os_compute_api:os-availability-zone"
    return (
        Route("GET", "/v2.1/os-availability-zone", api.zones, f"{zone}:list"),
        Route("GET", "/v2.1/os-availability-zone/detail", api.zones_in_detail, f"{zone}:detail"),
        Route("GET", "/v2.1/os-services", api.services, "os_compute_api:os-services:list"),
        Route("GET", "/v2.1/limits", api.limits, "os_compute_api:limits"),
        Route("GET", "/v2.1/extensions", api.extensions, "os_compute_api:extensions"),
    )
