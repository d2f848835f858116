"""Builders for compute's unit tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bessemer.baremetal.public import NodeView
from bessemer.compute.domain.flavor import Flavor
from bessemer.compute.domain.server import KeyCopy, Server

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def a_server(**fields: Any) -> Server:
    values: dict[str, Any] = {
        "id": "11111111-1111-4111-8111-111111111111",
        "name": "web",
        "hostname": "web",
        "project_id": "shop",
        "user_id": "ann",
        "request_id": "req-1",
        "reservation_id": "r-1",
        "flavor": Flavor("1", "gold", 4, 8192, 40),
        "image_id": "image-1",
        "image_name": "debian",
        "created_at": START,
        "updated_at": START,
        "availability_zone": "nova",
        "key": KeyCopy("me", "ssh-ed25519 AAAA me"),
    }
    return Server(**(values | fields))


def a_view(**fields: Any) -> NodeView:
    values: dict[str, Any] = {
        "uuid": "node-uuid",
        "name": "node-1",
        "provision_state": "available",
        "target_provision_state": None,
        "power_state": "power off",
        "maintenance": False,
        "instance_uuid": None,
        "resource_class": "gold",
        "traits": frozenset(),
        "properties": {"cpu_arch": "x86_64", "capabilities": "boot_mode:uefi,ssd:4"},
        "last_error": None,
    }
    return NodeView(**(values | fields))
