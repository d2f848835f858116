"""Makes one switch do what the database wishes: one commit per round, read back, drift corrected."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from bessemer.clock import iso8601, now
from bessemer.network.operations.bindings import refresh_status
from bessemer.network.operations.means import CONFIRMED, Means
from bessemer.network.public import SwitchFailure
from bessemer.network.store import switch_ports
from bessemer.network.store.switch_ports import SwitchPort, WireState
from bessemer.network.switches.driver import SwitchUnreachable, VlanChange
from bessemer.network.switches.registry import Switch

log = structlog.get_logger()

FIRST_RETRY: Final = timedelta(seconds=1)
"""The pause after a failure; it doubles up to the setting `resync_interval`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a round found of one port. `gone`: parked, and the switch no longer has it."""

    port: SwitchPort
    state: WireState
    detail: str = ""
    gone: bool = False

    @property
    def is_news(self) -> bool:
        """True when the database does not know it yet."""
        return self.gone or (self.state, self.detail) != (self.port.state, self.port.detail)


class SwitchReconciler:
    """The queue of one switch: however many wishes come meanwhile, the next round sees them all."""

    def __init__(self, means: Means, switch: Switch) -> None:
        self._means = means
        self._switch = switch
        self._log = log.bind(switch=switch.name)
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """There is something new to look at."""
        self._nudged.set()

    async def run(self) -> None:
        """Reconcile at every nudge, after failures with back-off, and every `resync_interval`."""
        failures = 0
        while True:
            self._nudged.clear()
            try:
                failures = 0 if await self.reconcile() else failures + 1
            except Exception:
                self._log.exception("switch.round_failed")
                failures += 1
            await self._pause(failures)

    async def reconcile(self) -> bool:
        """One round, and a second one at once when drift was found. True: the switch obeys."""
        verdicts = await self._round()
        if any(
            v.state is WireState.PENDING and v.port.state is WireState.SETTLED for v in verdicts
        ):
            verdicts = await self._round()
        return all(v.state is WireState.SETTLED for v in verdicts)

    async def _pause(self, failures: int) -> None:
        interval = self._means.settings.resync_interval
        if failures:
            interval = min(interval, FIRST_RETRY * 2 ** min(failures - 1, 16))
        try:
            async with asyncio.timeout(interval.total_seconds()):
                await self._nudged.wait()
        except TimeoutError:
            return

    async def _round(self) -> Sequence[Verdict]:
        async with self._means.database.read() as connection:
            ports = await switch_ports.of_switch(connection, self._switch.name)
        if not ports:
            return []
        try:
            refusals = await self._commit([p for p in ports if p.state is not WireState.SETTLED])
            seen = await self._switch.driver.read_vlans([port.name for port in ports])
            verdicts = [self._judge(port, seen, refusals) for port in ports]
        except SwitchUnreachable as error:
            verdicts = [_unknown(port, error) for port in ports]
        except SwitchFailure as error:
            verdicts = [Verdict(port, WireState.FAILED, error.message) for port in ports]
        await self._record([verdict for verdict in verdicts if verdict.is_news])
        return verdicts

    async def _commit(self, ports: Sequence[SwitchPort]) -> dict[str, str]:
        """All in one commit; when the switch refuses that, one by one, to find who is at fault."""
        changes = [VlanChange(port.name, self._wished(port)) for port in ports]
        if not changes:
            return {}
        try:
            await self._switch.driver.apply(changes)
        except SwitchUnreachable:
            raise
        except SwitchFailure as error:
            if len(ports) == 1:
                return {ports[0].name: error.message}
            refusals: dict[str, str] = {}
            for port in ports:
                refusals |= await self._commit([port])
            return refusals
        return {}

    def _wished(self, port: SwitchPort) -> int:
        return self._switch.parked_vlan if port.vlan is None else port.vlan

    def _judge(
        self, port: SwitchPort, seen: Mapping[str, int | None], refusals: Mapping[str, str]
    ) -> Verdict:
        wished = self._wished(port)
        if port.name not in seen and port.vlan is None:
            return Verdict(port, WireState.SETTLED, gone=True)
        if port.name in seen and seen[port.name] == wished:
            return Verdict(port, WireState.SETTLED, port.detail if _is_drift(port) else "")
        if port.name in refusals:
            return Verdict(port, WireState.FAILED, refusals[port.name])
        found = f"VLAN {seen[port.name]}" if seen.get(port.name) is not None else "no access VLAN"
        if port.state is WireState.SETTLED:
            detail = (
                f"{_DRIFT} at {iso8601(now())}: switch {self._switch.name} had port {port.name} in "
                f"{found} instead of VLAN {wished}; put back."
            )
            return Verdict(port, WireState.PENDING, detail)
        return Verdict(
            port,
            WireState.FAILED,
            f"Switch {self._switch.name} accepted VLAN {wished} for port {port.name}, but reads "
            f"back {found}.",
        )

    async def _record(self, verdicts: Sequence[Verdict]) -> None:
        if not verdicts:
            return
        async with self._means.database.write() as connection:
            for verdict in sorted(verdicts, key=lambda each: each.port.name):
                if verdict.gone:
                    await switch_ports.forget(connection, verdict.port)
                elif await switch_ports.record(
                    connection, verdict.port, verdict.state, verdict.detail
                ):
                    await self._tell(verdict)
            for port_id in sorted({v.port.port_id for v in verdicts if v.port.port_id}):
                await refresh_status(connection, port_id)
        await self._means.bus.publish(CONFIRMED, {"switch": self._switch.name})

    async def _tell(self, verdict: Verdict) -> None:
        level = self._log.info if verdict.state is WireState.SETTLED else self._log.warning
        level(
            "switch.port",
            port=verdict.port.name,
            vlan=self._wished(verdict.port),
            state=verdict.state.value,
            detail=verdict.detail,
        )


_DRIFT: Final = "Drift"


def _is_drift(port: SwitchPort) -> bool:
    return port.detail.startswith(_DRIFT)


def _unknown(port: SwitchPort, error: SwitchUnreachable) -> Verdict:
    """A settled port stays so: the silence of a switch's management changes nothing on the wire."""
    if port.state is WireState.SETTLED:
        return Verdict(port, port.state, port.detail)
    return Verdict(port, WireState.PENDING, error.message)
