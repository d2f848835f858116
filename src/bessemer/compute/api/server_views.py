"""How a server looks on the wire: a table of fields with the microversion that each belongs to."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final

from bessemer.compute.domain.flavor import Flavor
from bessemer.compute.domain.server import Server
from bessemer.json_types import JsonObject
from bessemer.web.microversions import Microversion


@dataclass(frozen=True, slots=True)
class View:
    """Who looks, and how."""

    base_url: str
    version: Microversion
    is_admin: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One field: since which microversion, until before which, and for whom."""

    name: str
    value: Callable[[Server, View], Any]
    since: int = 1
    before: int = 1_000
    admin: bool = False

    def is_shown(self, view: View) -> bool:
        """Whether this view has the field."""
        allowed = view.is_admin or not self.admin
        return allowed and self.since <= view.version.minor < self.before


def zulu(moment: datetime | None) -> str | None:
    """Nova's `created` and `updated`."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def naive(moment: datetime | None) -> str | None:
    """Nova's other timestamps."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%f")


def links(view: View, path: str) -> list[JsonObject]:
    """`self` and `bookmark`."""
    return [
        {"rel": "self", "href": f"{view.base_url}/compute/v2.1/{path}"},
        {"rel": "bookmark", "href": f"{view.base_url}/compute/{path}"},
    ]


def summary(server: Server, view: View) -> JsonObject:
    """As in `GET /servers`."""
    return {
        "id": server.id,
        "name": server.name,
        "links": links(view, f"servers/{server.id}"),
    }


def body(server: Server, view: View) -> JsonObject:
    """As in `GET /servers/{id}` and `GET /servers/detail`."""
    shown = {field.name: field.value(server, view) for field in FIELDS if field.is_shown(view)}
    if server.status in ("BUILD", "ACTIVE", "REBOOT", "HARD_REBOOT"):
        shown["progress"] = server.progress
    if server.fault is not None and server.status in ("ERROR", "DELETED"):
        shown["fault"] = _fault(server, view)
    return shown


def addresses(server: Server) -> JsonObject:
    """By network name."""
    found: dict[str, list[JsonObject]] = {}
    for vif in server.vifs:
        entries = found.setdefault(vif.network_name, [])
        entries.extend(
            {
                "version": ip_address(address).version,
                "addr": address,
                "OS-EXT-IPS:type": "fixed",
                "OS-EXT-IPS-MAC:mac_addr": vif.mac_address,
            }
            for address in vif.addresses
        )
    return found


def _fault(server: Server, view: View) -> JsonObject:
    assert server.fault is not None
    fault: dict[str, Any] = {
        "code": server.fault.code,
        "created": zulu(server.fault.created),
        "message": server.fault.message,
    }
    if view.is_admin and server.fault.details:
        fault["details"] = server.fault.details
    return fault


def _flavor(server: Server, view: View) -> JsonObject:
    flavor: Flavor = server.flavor
    if view.version.minor < 47:
        href = f"{view.base_url}/compute/flavors/{flavor.id}"
        return {"id": flavor.id, "links": [{"rel": "bookmark", "href": href}]}
    return {
        "original_name": flavor.name,
        "vcpus": flavor.vcpus,
        "ram": flavor.ram,
        "disk": flavor.disk,
        "ephemeral": flavor.ephemeral,
        "swap": flavor.swap,
        "extra_specs": dict(flavor.extra_specs),
    }


def _image(server: Server, view: View) -> JsonObject:
    href = f"{view.base_url}/image/v2/images/{server.image_id}"
    return {"id": server.image_id, "links": [{"rel": "bookmark", "href": href}]}


def _host_id(server: Server, _view: View) -> str:
    if server.node_uuid is None:
        return ""
    return hashlib.sha224(f"{server.project_id}{server.node_uuid}".encode()).hexdigest()


def _host_status(server: Server, _view: View) -> str:
    return "UP" if server.node_uuid else ""


def _root_device(_server: Server, _view: View) -> None:
    return None  # the ramdisk finds the root device on the machine; nobody knows it here


FIELDS: Final = (
    Field("id", lambda s, v: s.id),
    Field("name", lambda s, v: s.name),
    Field("status", lambda s, v: s.status),
    Field("tenant_id", lambda s, v: s.project_id),
    Field("user_id", lambda s, v: s.user_id),
    Field("metadata", lambda s, v: dict(s.metadata)),
    Field("hostId", _host_id),
    Field("image", _image),
    Field("flavor", _flavor),
    Field("created", lambda s, v: zulu(s.created_at)),
    Field("updated", lambda s, v: zulu(s.updated_at)),
    Field("addresses", lambda s, v: addresses(s)),
    Field("accessIPv4", lambda s, v: ""),
    Field("accessIPv6", lambda s, v: ""),
    Field("links", lambda s, v: links(v, f"servers/{s.id}")),
    Field("OS-DCF:diskConfig", lambda s, v: "MANUAL"),
    Field("OS-EXT-AZ:availability_zone", lambda s, v: s.availability_zone if s.node_uuid else ""),
    Field("config_drive", lambda s, v: "True" if s.config_drive else ""),
    Field("key_name", lambda s, v: s.key.name if s.key else None),
    Field("OS-SRV-USG:launched_at", lambda s, v: naive(s.launched_at)),
    Field("OS-SRV-USG:terminated_at", lambda s, v: naive(s.terminated_at)),
    Field("OS-EXT-SRV-ATTR:host", lambda s, v: s.node_uuid, admin=True),
    Field(
        "OS-EXT-SRV-ATTR:instance_name",
        lambda s, v: f"instance-{s.id[:8]}",
        admin=True,
    ),
    Field("OS-EXT-SRV-ATTR:hypervisor_hostname", lambda s, v: s.node_uuid, admin=True),
    Field("OS-EXT-STS:task_state", lambda s, v: s.task_state),
    Field("OS-EXT-STS:vm_state", lambda s, v: s.vm_state),
    Field("OS-EXT-STS:power_state", lambda s, v: int(s.power_state)),
    Field("os-extended-volumes:volumes_attached", lambda s, v: []),
    Field("OS-EXT-SRV-ATTR:reservation_id", lambda s, v: s.reservation_id, 3, admin=True),
    Field("OS-EXT-SRV-ATTR:launch_index", lambda s, v: s.launch_index, 3, admin=True),
    Field("OS-EXT-SRV-ATTR:hostname", lambda s, v: s.hostname, 3, 90, admin=True),
    Field("OS-EXT-SRV-ATTR:hostname", lambda s, v: s.hostname, 90),
    Field("OS-EXT-SRV-ATTR:kernel_id", lambda s, v: "", 3, admin=True),
    Field("OS-EXT-SRV-ATTR:ramdisk_id", lambda s, v: "", 3, admin=True),
    Field("OS-EXT-SRV-ATTR:root_device_name", _root_device, 3, admin=True),
    Field("locked", lambda s, v: False, 9),
    Field("host_status", _host_status, 16, admin=True),
    Field("description", lambda s, v: s.description, 19),
    Field("tags", lambda s, v: list(s.tags), 26),
    Field("trusted_image_certificates", lambda s, v: None, 63),
    Field("server_groups", lambda s, v: [], 71),
    Field("locked_reason", lambda s, v: None, 73),
    Field("pinned_availability_zone", lambda s, v: s.zone_requested, 96),
)
