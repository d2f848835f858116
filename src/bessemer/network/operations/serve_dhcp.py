"""Keeps the DHCP server of every network in step with the port table, and alive."""

import asyncio
import contextlib

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.network.dhcp.dnsmasq import Dnsmasq
from bessemer.network.dhcp.failure import DhcpFailure
from bessemer.network.dhcp.plan import DhcpPlan, make_plan
from bessemer.network.operations.means import CONFIRMED, Means
from bessemer.network.store import dhcp, networks, ports, subnets
from bessemer.network.store.dhcp import DhcpState
from bessemer.network.store.tables import ports as port_table

log = structlog.get_logger()


class DhcpSupervisor:
    """One worker per network, woken by wishes, by the death of a server, and by the sweep."""

    def __init__(self, means: Means, server: Dnsmasq) -> None:
        self._means = means
        self._server = server
        self._workers: dict[str, tuple[asyncio.Event, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Sweep over all networks now and every `resync_interval`."""
        while True:
            try:
                await self._sweep()
            except Exception:
                log.exception("dhcp.sweep_failed")
            await asyncio.sleep(self._means.settings.resync_interval.total_seconds())

    def nudge(self, network_id: str) -> None:
        """Something about this network's DHCP has changed."""
        if network_id not in self._workers:
            event = asyncio.Event()
            self._workers[network_id] = (event, asyncio.create_task(self._work(network_id, event)))
        self._workers[network_id][0].set()

    async def stop(self) -> None:
        """End the workers and every server."""
        tasks = [task for _, task in self._workers.values()]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._workers.clear()
        await self._server.stop()

    async def _sweep(self) -> None:
        async with self._means.database.read() as connection:
            present = {network.id for network in await networks.select(connection)}
        for network_id in present | self._server.networks:
            self.nudge(network_id)

    async def _work(self, network_id: str, event: asyncio.Event) -> None:
        while True:
            await event.wait()
            event.clear()
            try:
                if not await self._follow(network_id):
                    break
            except Exception:
                log.exception("dhcp.round_failed", network_id=network_id)
        self._workers.pop(network_id, None)

    async def _follow(self, network_id: str) -> bool:
        """Bring one network's server up to date. False when the network is no more."""
        async with self._means.database.read() as connection:
            state = await dhcp.find(connection, network_id)
            plan = await self._plan(connection, network_id)
        if state is None or plan is None:
            await self._server.withdraw(network_id)
            return False
        if not plan.service_addresses and network_id not in self._server.networks:
            await self._confirm(state, state.wanted, "")
            return True
        try:
            detail = await self._server.serve(plan)
        except DhcpFailure as error:
            if state.detail != error.message:
                log.warning("dhcp.not_served", network_id=network_id, reason=error.message)
            await self._confirm(state, 0, error.message)
        else:
            await self._confirm(state, state.wanted, detail)
        return True

    async def _plan(self, connection: AsyncConnection, network_id: str) -> DhcpPlan | None:
        network = await networks.find(connection, network_id)
        if network is None:
            return None
        return make_plan(
            self._means.settings,
            network,
            await subnets.of_network(connection, network_id),
            await ports.select(connection, [port_table.c.network_id == network_id]),
        )

    async def _confirm(self, state: DhcpState, in_force: int, detail: str) -> None:
        if (state.in_force, state.detail) == (in_force, detail):
            return
        async with self._means.database.write() as connection:
            await dhcp.confirm(connection, state.network_id, in_force, detail)
        await self._means.bus.publish(CONFIRMED, {"network_id": state.network_id})
