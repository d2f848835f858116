"""`instance_info`: what the node is told about the server that it shall become."""

import json
from typing import Any

from bessemer.compute.domain.server import Server
from bessemer.compute.scheduler.operators import has_operator
from bessemer.compute.scheduler.requirements import capabilities_of
from bessemer.json_types import JsonObject

LEGACY_RAMDISK = {
    "baremetal:deploy_kernel_id": "deploy_kernel",
    "baremetal:deploy_ramdisk_id": "deploy_ramdisk",
}
"""Juno's way to name the deploy ramdisk, in the flavor."""


def instance_info(server: Server, node_capabilities: dict[str, str]) -> JsonObject:
    """The fields in upstream's spelling. An expression (`<or> a <or> b`) becomes the node's value."""
    flavor, specs = server.flavor, server.flavor.extra_specs
    info: dict[str, Any] = {
        "image_source": server.image_id,
        "root_gb": str(flavor.disk),
        "swap_mb": str(flavor.swap),
        "ephemeral_gb": str(flavor.ephemeral),
        "vcpus": str(flavor.vcpus),
        "memory_mb": str(flavor.ram),
        "local_gb": str(flavor.disk + flavor.ephemeral),
        "display_name": server.name,
        "flavor_name": flavor.name,
        "nova_host_id": "bessemer",
        "project_id": server.project_id,
        "user_id": server.user_id,
        "fixed_ips": json.dumps([a for vif in server.vifs for a in vif.addresses]),
        "traits": _required_traits(specs),
    }
    if not flavor.ephemeral:
        del info["ephemeral_gb"]
    capabilities = _capabilities(specs, node_capabilities)
    if capabilities:
        info["capabilities"] = json.dumps(capabilities, sort_keys=True)
    return info | {ours: specs[old] for old, ours in LEGACY_RAMDISK.items() if old in specs}


def _required_traits(specs: JsonObject) -> list[str]:
    return sorted(
        name.removeprefix("trait:")
        for name, how in specs.items()
        if name.startswith("trait:") and how.strip().lower() == "required"
    )


def _capabilities(specs: JsonObject, node_capabilities: dict[str, str]) -> dict[str, str]:
    scoped = {n: v for n, v in specs.items() if n.startswith("capabilities:")}
    return {
        name: node_capabilities.get(name, value) if has_operator(value) else value
        for name, value in capabilities_of(scoped).items()
    }
