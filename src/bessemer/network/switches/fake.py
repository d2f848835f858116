"""A switch in memory, for development and for tests that need a switch to misbehave."""

import asyncio
from collections.abc import Mapping, Sequence

from bessemer.network.public import SwitchFailure
from bessemer.network.switches.driver import (
    SwitchDriver,
    SwitchPortView,
    SwitchUnreachable,
    VlanChange,
)


class FakeSwitch(SwitchDriver):
    """Keeps VLANs in a dictionary. Faults are attributes that a test sets and clears at any time."""

    def __init__(self, name: str, ports: Sequence[str] | None = None, vlan: int = 4094) -> None:
        self.name = name
        self.vlans: dict[str, int | None] = dict.fromkeys(ports or (), vlan)
        self.commits: list[tuple[VlanChange, ...]] = []
        self.unreachable = False
        self.refused_ports: set[str] = set()
        self.deaf_ports: set[str] = set()
        """Ports whose changes are accepted and then forgotten: read-back differs."""
        self.may_commit = asyncio.Event()
        """Cleared: commits hang until it is set again."""
        self.may_commit.set()
        self._grows = ports is None

    async def list_ports(self) -> Sequence[SwitchPortView]:
        self._answer()
        return [SwitchPortView(name, vlan, True) for name, vlan in sorted(self.vlans.items())]

    async def read_vlans(self, ports: Sequence[str]) -> Mapping[str, int | None]:
        self._answer()
        return {port: self.vlans[port] for port in ports if port in self.vlans}

    async def apply(self, changes: Sequence[VlanChange]) -> None:
        await self.may_commit.wait()
        self._answer()
        for change in changes:
            self._check(change.port)
        self.commits.append(tuple(changes))
        for change in changes:
            if change.port not in self.deaf_ports:
                self.vlans[change.port] = change.vlan

    def _answer(self) -> None:
        if self.unreachable:
            raise SwitchUnreachable(f"The switch {self.name} does not answer.")

    def _check(self, port: str) -> None:
        if port in self.refused_ports:
            raise SwitchFailure(f"The switch {self.name} refused to change port {port}.")
        if port not in self.vlans and not self._grows:
            raise SwitchFailure(f"The switch {self.name} has no port {port}.")
