"""What the network room's operations work with, and how they tell others that something changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bessemer.bus.bus import Bus
from bessemer.db.engine import Database
from bessemer.network.settings import NetworkSettings
from bessemer.network.switches.registry import Switch

SWITCH_WISHED: Final = "network.switch.wished"
"""Bus topic; `switch` is the name of a switch whose ports are wished to change."""

DHCP_WISHED: Final = "network.dhcp.wished"
"""Bus topic; `network_id` is the network whose DHCP server must know something new."""

CONFIRMED: Final = "network.confirmed"
"""Bus topic: a switch or a DHCP server has said something new; whoever waits looks again."""


@dataclass(frozen=True, slots=True)
class Means:
    """Handed to every operation."""

    database: Database
    bus: Bus
    settings: NetworkSettings
    switches: Mapping[str, Switch]

    @property
    def parked_vlans(self) -> frozenset[int]:
        """VLANs that no network may have."""
        return frozenset(switch.parked_vlan for switch in self.switches.values())

    def is_infrastructure(self, network_name: str) -> bool:
        """True for networks of the cloud's own."""
        return network_name in self.settings.infrastructure

    async def nudge_switch(self, switch: str) -> None:
        """Ask whoever controls the switch to look at the wishes now."""
        await self.bus.publish(SWITCH_WISHED, {"switch": switch})

    async def nudge_dhcp(self, network_id: str) -> None:
        """Ask whoever serves the network's DHCP to look at its ports now."""
        await self.bus.publish(DHCP_WISHED, {"network_id": network_id})
