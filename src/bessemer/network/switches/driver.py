"""What a switch driver must do; the reconciler does the rest: queues, retries, read-back, drift."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bessemer.network.public import SwitchFailure


class SwitchUnreachable(SwitchFailure):
    """The switch did not answer; nothing is known of what it does. Trying again may help."""


@dataclass(frozen=True, slots=True)
class VlanChange:
    """Put one switch port into one VLAN, untagged."""

    port: str
    vlan: int


@dataclass(frozen=True, slots=True)
class SwitchPortView:
    """One port as the switch sees it. `vlan` None: the port is no access port."""

    name: str
    vlan: int | None
    has_carrier: bool


class SwitchDriver(ABC):
    """One switch. Every method may be called again after any failure."""

    @abstractmethod
    async def list_ports(self) -> Sequence[SwitchPortView]:
        """Every port, read from the switch now. Raises SwitchUnreachable, SwitchFailure."""

    @abstractmethod
    async def read_vlans(self, ports: Sequence[str]) -> Mapping[str, int | None]:
        """The untagged VLAN of each port that exists, read from the switch now, never remembered.

        A missing key: the switch has no such port. None: it is no access port.
        Raises SwitchUnreachable, SwitchFailure.
        """

    @abstractmethod
    async def apply(self, changes: Sequence[VlanChange]) -> None:
        """Carry out all changes in one commit: all of them or none.

        Returns once the switch says that its hardware (or data path) follows.
        Raises SwitchUnreachable, or SwitchFailure when the switch refuses any of them.
        """
