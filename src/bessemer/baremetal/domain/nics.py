"""A node's NICs and bonds, and which of them the next tenant's network port is attached to. Pure.

Those whose physical network matches come first, port groups before single NICs, groups of a higher
`extra.priority` before others, boot NICs before others; among equals, the order in which they were
registered. All but the priority is upstream's order.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup, members_of
from bessemer.errors import Conflict

Nic = Port | Portgroup
"""What a tenant's network port is attached to."""


@dataclass(frozen=True, slots=True)
class VifWish:
    """A tenant's network port to attach: to this port, to this group, or to the best one."""

    vif_id: str
    port_uuid: str | None = None
    portgroup_uuid: str | None = None

    @property
    def names_nic(self) -> bool:
        """Whether only one NIC or bond will do."""
        return self.port_uuid is not None or self.portgroup_uuid is not None

    def admits(self, nic: Nic) -> bool:
        """Whether the network port may be attached there."""
        if self.portgroup_uuid is not None:
            return isinstance(nic, Portgroup) and nic.uuid == self.portgroup_uuid
        return self.port_uuid is None or (isinstance(nic, Port) and nic.uuid == self.port_uuid)


@dataclass(frozen=True, slots=True)
class Nics:
    """All that a node has, oldest first."""

    ports: tuple[Port, ...]
    portgroups: tuple[Portgroup, ...] = ()

    @property
    def attached(self) -> tuple[Nic, ...]:
        """Those with a tenant's network port."""
        every: tuple[Nic, ...] = (*self.ports, *self.portgroups)
        return tuple(nic for nic in every if nic.tenant_vif)

    def holder_of(self, vif_id: str) -> Nic | None:
        """The one that has this network port."""
        return next((nic for nic in self.attached if nic.tenant_vif == vif_id), None)

    def ports_of(self, nic: Nic) -> tuple[Port, ...]:
        """The port itself, or the members of the group."""
        return members_of(nic, self.ports) if isinstance(nic, Portgroup) else (nic,)

    def bonded(self, group: Portgroup, members: Sequence[Port]) -> "Nics":
        """The same with a new bond of some of the ports."""
        changed = {port.uuid: replace(port, portgroup_uuid=group.uuid) for port in members}
        ports = tuple(changed.get(port.uuid, port) for port in self.ports)
        return Nics(ports, (*self.portgroups, group))

    def addressed(self, nic: Nic) -> Nic:
        """The NIC itself; a bond without a MAC with that of its primary NIC.

        That is the member whose uuid is in `extra.primary_port`, else the first that boots.
        """
        members = self.ports_of(nic)
        if nic.address is not None or not members:
            return nic
        named = nic.extra.get("primary_port")
        primary = max(members, key=lambda port: (port.uuid == named, port.pxe_enabled))
        return replace(nic, address=primary.address)

    def physical_network_of(self, nic: Nic) -> str | None:
        """Raises Conflict for a group whose members are on different ones."""
        if isinstance(nic, Port):
            return nic.physical_network
        found = {port.physical_network for port in self.ports_of(nic)}
        if len(found) > 1:
            named = ", ".join(sorted(str(each) for each in found))
            raise Conflict(
                f"The members of port group {nic.uuid} are on different physical networks ({named}). "
                "Give them the same one: openstack baremetal port set --physical-network …"
            )
        return nic.physical_network or next(iter(found), None)


def free(nics: Nics, usable: Callable[[Port], bool]) -> list[Nic]:
    """What a network port can be attached to: a group while none of its members is taken.

    Once a member has a network port of its own, the others are single NICs, too.
    """
    bonded = {group.uuid for group in nics.portgroups if group.tenant_vif}
    split = {port.portgroup_uuid for port in nics.ports if port.tenant_vif} - bonded
    groups = [
        group
        for group in nics.portgroups
        if group.uuid not in bonded | split and any(map(usable, nics.ports_of(group)))
    ]
    single = {None, *split}
    ports = [
        port
        for port in nics.ports
        if port.tenant_vif is None and port.portgroup_uuid in single and usable(port)
    ]
    return [*groups, *ports]


def best(candidates: Sequence[Nic], nics: Nics, physical_networks: Set[str]) -> Nic | None:
    """The one to take; None when there is none. Raises Conflict."""

    def rank(nic: Nic) -> tuple[bool, bool, int, bool]:
        matches = nics.physical_network_of(nic) in physical_networks
        if isinstance(nic, Portgroup):
            return matches, True, nic.priority, True
        return matches, False, 0, nic.pxe_enabled

    # max() keeps the first among equals.
    return max(candidates, key=rank, default=None)
