"""`/os-hypervisors`: each bare metal node, as Nova's ironic driver shows it."""

from collections.abc import Sequence
from typing import Any

from bessemer.baremetal.public import NodeView
from bessemer.compute.operations.rooms import Rooms
from bessemer.errors import NotFound
from bessemer.json_types import JsonObject
from bessemer.web.routes import Call, Reply, Route

UUID_IDS = 53
"""From this microversion on ids are UUIDs; before, numbers."""
NO_STATISTICS = 88
"""From this microversion on without CPU, memory and disk figures."""


def ident(node: NodeView, minor: int) -> str | int:
    """The hypervisor's id in the spelling of the microversion."""
    return node.uuid if minor >= UUID_IDS else int(node.uuid.replace("-", "")[:7], 16)


def summary(node: NodeView, minor: int) -> dict[str, Any]:
    """As in `GET /os-hypervisors`."""
    up = node.power_state in ("power on", "power off")
    return {
        "id": ident(node, minor),
        "hypervisor_hostname": node.uuid,
        "state": "up" if up else "down",
        "status": "disabled" if node.maintenance or node.retired else "enabled",
    }


def body(node: NodeView, minor: int) -> JsonObject:
    """As in `GET /os-hypervisors/detail`."""
    service = {"id": ident(node, minor), "host": node.uuid, "disabled_reason": None}
    shown = summary(node, minor) | {
        "hypervisor_type": "ironic",
        "hypervisor_version": 1,
        "host_ip": None,
        "service": service,
    }
    if minor >= NO_STATISTICS:
        return shown | {"uptime": None, "servers": _servers(node)}
    used = node.instance_uuid is not None
    return {**shown, **_statistics(node, used=used)}


def _servers(node: NodeView) -> list[JsonObject]:
    return [{"uuid": node.instance_uuid}] if node.instance_uuid else []


def _statistics(node: NodeView, *, used: bool) -> JsonObject:
    cpus, memory, disk = (_number(node, name) for name in ("cpus", "memory_mb", "local_gb"))
    return {
        "cpu_info": {},
        "current_workload": 0,
        "running_vms": int(used),
        "vcpus": cpus,
        "vcpus_used": cpus if used else 0,
        "memory_mb": memory,
        "memory_mb_used": memory if used else 0,
        "free_ram_mb": 0 if used else memory,
        "local_gb": disk,
        "local_gb_used": disk if used else 0,
        "free_disk_gb": 0 if used else disk,
        "disk_available_least": 0 if used else disk,
    }


def _number(node: NodeView, name: str) -> int:
    value = str(node.properties.get(name) or 0)
    return int(value) if value.isdigit() else 0


class HypervisorsApi:
    """Handlers of `/os-hypervisors`."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def list(self, call: Call) -> Reply:
        """Summaries."""
        nodes = await self._nodes(call)
        return Reply({"hypervisors": [summary(node, call.version.minor) for node in nodes]})

    async def detail(self, call: Call) -> Reply:
        """Everything."""
        nodes = await self._nodes(call)
        return Reply({"hypervisors": [body(node, call.version.minor) for node in nodes]})

    async def show(self, call: Call) -> Reply:
        """By id or name."""
        wanted, minor = call.path["id"], call.version.minor
        for node in await self._nodes(call):
            if wanted in (str(ident(node, minor)), node.uuid, node.name):
                return Reply({"hypervisor": body(node, minor)})
        raise NotFound(f"Hypervisor with ID '{wanted}' could not be found.")

    async def statistics(self, call: Call) -> Reply:
        """Sums over all nodes (before 2.88)."""
        nodes = await self._nodes(call)
        rows = [_statistics(node, used=node.instance_uuid is not None) for node in nodes]
        names = [name for name in rows[0] if name != "cpu_info"] if rows else []
        totals = {name: sum(row[name] for row in rows) for name in names}
        return Reply({"hypervisor_statistics": {"count": len(nodes), **totals}})

    async def _nodes(self, call: Call) -> Sequence[NodeView]:
        return await self._rooms.baremetal.list_nodes(call.context)


def hypervisor_routes(rooms: Rooms) -> tuple[Route, ...]:
    """All of them."""
    api = HypervisorsApi(rooms)
    path, policy = "/v2.1/os-hypervisors", "os_compute_api:os-hypervisors"
    return (
        Route("GET", path, api.list, f"{policy}:list"),
        Route("GET", f"{path}/detail", api.detail, f"{policy}:list-detail"),
        Route("GET", f"{path}/statistics", api.statistics, f"{policy}:statistics"),
        Route("GET", f"{path}/{{id}}", api.show, f"{policy}:show"),
    )
