"""Builds rack documents, as YAML would give them."""

from typing import Any

Document = dict[str, Any]


def a_machine(number: int = 1, **changes: Any) -> Document:
    return {
        "name": f"node-{number}",
        "cpus": 2,
        "memory_mib": 1024,
        "firmware": "bios",
        "disks": [{"size_gib": 4, "bus": "virtio"}],
        "nics": [{"mac": f"52:54:00:00:00:{number:02}", "switch": "tor1", "port": f"swp{number}"}],
        "bmc": {
            "kind": "ipmi",
            "address": f"192.168.100.{10 + number}",
            "username": "admin",
            "password": "secret",
        },
        **changes,
    }


def a_vlan(number: int = 100, **changes: Any) -> Document:
    return {
        "id": number,
        "name": f"vlan-{number}",
        "role": "provisioning",
        "cidr": f"172.20.{number}.0/24",
        "gateway": f"172.20.{number}.1",
        "dhcp": {"start": f"172.20.{number}.50", "end": f"172.20.{number}.99"},
        **changes,
    }


def a_rack(**changes: Any) -> Document:
    return {
        "name": "demo",
        "switches": [{"name": "tor1", "mac": "52:54:00:be:55:00"}],
        "vlans": [a_vlan(100), a_vlan(200, role="tenant")],
        "oob": {"cidr": "192.168.100.0/24"},
        "machines": [a_machine(1), a_machine(2)],
        **changes,
    }
