"""A port group: NICs of one node bonded into one link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bessemer.baremetal.domain.port import Port
from bessemer.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Portgroup:
    """One bond. `mode` and `properties` are those of Linux bonding (`802.3ad`, `miimon`, …)."""

    uuid: str
    node_uuid: str
    name: str | None = None
    address: str | None = None
    mode: str = "active-backup"
    standalone_ports_supported: bool = True
    """Whether a member works as a NIC of its own, too (the switch falls back for PXE)."""
    physical_network: str | None = None
    category: str | None = None
    dynamic_portgroup: bool = False
    """Made for one network port, and gone with it."""
    properties: Mapping[str, Any] = field(default_factory=dict)
    internal_info: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def tenant_vif(self) -> str | None:
        """The tenant's network port attached to the bond."""
        vif: str | None = self.internal_info.get("tenant_vif_port_id")
        return vif

    @property
    def is_over(self) -> bool:
        """Whether a bond that was made for a network port has lost it."""
        return self.dynamic_portgroup and self.tenant_vif is None

    @property
    def priority(self) -> int:
        """The higher, the sooner a tenant's network port is attached (`extra.priority`; else 0)."""
        given = self.extra.get("priority")
        return given if isinstance(given, int) else 0

    def with_internal(self, **changes: Any) -> "Portgroup":
        """The group with `internal_info` changed; a value of None removes the key."""
        merged = {**self.internal_info, **changes}
        return replace(self, internal_info={k: v for k, v in merged.items() if v is not None})


def members_of(group: Portgroup, ports: Sequence[Port]) -> tuple[Port, ...]:
    """The NICs in the group, oldest first."""
    return tuple(port for port in ports if port.portgroup_uuid == group.uuid)


def check_member(group: Portgroup, port: Port, others: Sequence[Port]) -> None:
    """Whether the port can be in the group beside its `others`. Raises Invalid, Conflict."""
    if group.node_uuid != port.node_uuid:
        raise Invalid(
            f"portgroup_uuid: port group {group.uuid} belongs to node {group.node_uuid}, and a port "
            f"of node {port.node_uuid} cannot be in it."
        )
    if port.pxe_enabled and not group.standalone_ports_supported:
        raise Conflict(
            f"Port {port.address} cannot boot from the network in port group {group.uuid}, whose "
            "standalone_ports_supported is false. Set the port's pxe_enabled to false."
        )
    taken = {group.physical_network, *(each.physical_network for each in others)} - {None}
    if (taken or others) and {port.physical_network} != (taken or {None}):
        raise Conflict(
            f"Port {port.address} with physical network {port.physical_network} cannot be in port "
            f"group {group.uuid}, whose physical network is {next(iter(taken), None)}."
        )


def check_standalone(group: Portgroup, members: Sequence[Port]) -> None:
    """Raises Conflict when members do what the group says that none can do on its own."""
    booting = [each.address for each in members if each.pxe_enabled or each.tenant_vif]
    if not group.standalone_ports_supported and booting:
        raise Conflict(
            f"standalone_ports_supported of port group {group.uuid} cannot be false: its members "
            f"{', '.join(booting)} have pxe_enabled set or a network port of their own."
        )
