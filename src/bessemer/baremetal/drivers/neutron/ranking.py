"""Which NIC gets the next tenant's network port. Pure.

Upstream's order: those whose physical network matches first, port groups before single NICs,
boot NICs before others; among equals, the order in which they were registered.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.drivers.neutron.links import link_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """A NIC, or a bond of NICs, that is free. `uuid` is the port's or the port group's."""

    uuid: str
    physical_network: str | None
    is_group: bool = False
    pxe_enabled: bool = True


def free_nics(ports: Sequence[Port], physical_networks: Set[str]) -> list[Candidate]:
    """Single NICs that are cabled, free, and on one of these networks (an empty set: any)."""
    return [
        Candidate(port.uuid, port.physical_network, pxe_enabled=port.pxe_enabled)
        for port in ports
        if port.portgroup_uuid is None
        and port.tenant_vif is None
        and link_of(port) is not None
        and _reachable(port.physical_network, physical_networks)
    ]


def best(candidates: Sequence[Candidate], physical_networks: Set[str]) -> Candidate | None:
    """The one to take; None when there is none."""

    def rank(candidate: Candidate) -> tuple[bool, bool, bool]:
        matches = candidate.physical_network in physical_networks
        return matches, candidate.is_group, candidate.is_group or candidate.pxe_enabled

    # max() keeps the first among equals.
    return max(candidates, key=rank, default=None)


def _reachable(physical_network: str | None, wanted: Set[str]) -> bool:
    return not wanted or physical_network is None or physical_network in wanted
