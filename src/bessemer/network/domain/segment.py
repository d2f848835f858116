"""A network's segment: which VLAN of which physical network carries it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bessemer.network.domain.errors import InvalidInput

FIRST_VLAN: Final = 1
LAST_VLAN: Final = 4094
NATIVE_VLAN: Final = 1
"""Where the switch puts ports of flat networks: IEEE 802.1Q's default VLAN."""


class NetworkType(StrEnum):
    """How a network is carried, in wire spelling (`provider:network_type`)."""

    VLAN = "vlan"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class Segment:
    """`segmentation_id` is the VLAN; None for flat networks."""

    network_type: NetworkType
    physical_network: str
    segmentation_id: int | None

    @property
    def vlan(self) -> int:
        """The VLAN on the switch's ports."""
        return NATIVE_VLAN if self.segmentation_id is None else self.segmentation_id

    def __str__(self) -> str:
        if self.segmentation_id is None:
            return f"the flat network of {self.physical_network}"
        return f"VLAN {self.segmentation_id} of {self.physical_network}"


def checked_segment(segment: Segment, parked: Collection[int]) -> Segment:
    """The segment itself. Raises InvalidInput for an impossible or a parked VLAN."""
    vlan = segment.segmentation_id
    if segment.network_type is NetworkType.FLAT:
        if vlan is not None:
            raise InvalidInput("A flat network has no provider:segmentation_id; leave it out.")
        return segment
    if vlan is None or not FIRST_VLAN <= vlan <= LAST_VLAN:
        raise InvalidInput(
            f"provider:segmentation_id {vlan} is not a VLAN; take one from 1 to 4094."
        )
    if vlan in parked:
        raise InvalidInput(
            f"VLAN {vlan} is where switch ports without a network are parked "
            "(setting network.switches.<name>.parked_vlan); take another."
        )
    return segment


def free_vlan(ranges: Sequence[tuple[int, int]], taken: Collection[int]) -> int | None:
    """The lowest VLAN of the ranges that is not taken; None when all are."""
    occupied = frozenset(taken)
    return next(
        (vlan for first, last in ranges for vlan in range(first, last + 1) if vlan not in occupied),
        None,
    )
