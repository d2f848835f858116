"""The tables of the bare metal room. Big values live outside the node's row."""

from bessemer.baremetal.store.tables.activity import (
    blobs,
    conductor_interfaces,
    conductors,
    history,
    journal,
    leases,
    work,
)
from bessemer.baremetal.store.tables.machines import (
    bios_settings,
    chassis,
    firmware_components,
    nodes,
    portgroups,
    ports,
    volume_connectors,
    volume_targets,
)
from bessemer.baremetal.store.tables.plans import (
    allocations,
    deploy_templates,
    inspection_rules,
    runbooks,
)

__all__ = [
    "allocations",
    "bios_settings",
    "blobs",
    "chassis",
    "conductor_interfaces",
    "conductors",
    "deploy_templates",
    "firmware_components",
    "history",
    "inspection_rules",
    "journal",
    "leases",
    "nodes",
    "portgroups",
    "ports",
    "runbooks",
    "volume_connectors",
    "volume_targets",
    "work",
]
