"""Waits until a port is really plugged, with DHCP in force, or switch ports are really free."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.network.domain.errors import PortNotFound
from bessemer.network.domain.port import Port
from bessemer.network.operations.means import Means
from bessemer.network.operations.views import port_view
from bessemer.network.operations.waiting import Signal, wait_for
from bessemer.network.public import LocalLink, PortStatus, PortView, SwitchFailure
from bessemer.network.store import dhcp, ports, subnets, switch_ports
from bessemer.network.store.switch_ports import SwitchPort, WireState
from bessemer.network.switches.registry import switch_of


async def wait_until_active(
    means: Means, confirmed: Signal, port_id: str, timeout: timedelta
) -> PortView:
    """See `NetworkService.wait_until_active`. Raises PortNotFound, SwitchFailure."""
    async with means.database.read() as connection:
        port = await _get(connection, port_id)
        state = await dhcp.find(connection, port.network_id)
        wanted = state.wanted if state is not None else 0
        needs_dhcp = means.settings.dhcp != "none" and await _has_dhcp(connection, port)
    if port.status is PortStatus.DOWN:
        raise SwitchFailure(
            f"Port {port_id} is bound to no switch port. Bind it to one, or take a network whose "
            "provider:network_type is flat, which needs none."
        )

    async def look() -> PortView | None:
        async with means.database.read() as connection:
            port = await _get(connection, port_id)
            state = await dhcp.find(connection, port.network_id)
        if port.status is PortStatus.ERROR:
            raise SwitchFailure(port.detail)
        is_served = not needs_dhcp or (state is not None and state.in_force >= wanted)
        return port_view(port) if port.status is PortStatus.ACTIVE and is_served else None

    found = await wait_for(confirmed, look, timeout, means.settings.resync_interval)
    if found is None:
        raise SwitchFailure(await _why_not(means, port_id, timeout))
    return found


async def wait_until_unplugged(
    means: Means, confirmed: Signal, links: Sequence[LocalLink], timeout: timedelta
) -> None:
    """See `NetworkService.wait_until_unplugged`. Raises SwitchFailure."""
    places = [
        (switch_of(means.switches, link).name, link.port_id) for link in links if link.is_managed
    ]

    async def occupied() -> list[SwitchPort]:
        async with means.database.read() as connection:
            found = await switch_ports.select(connection, switch_ports.among(places))
        return [p for p in found if p.port_id is not None or p.state is not WireState.SETTLED]

    async def look() -> bool | None:
        left = await occupied()
        failed = [p for p in left if p.port_id is None and p.state is WireState.FAILED]
        if failed:
            raise SwitchFailure(" ".join(place.detail for place in failed))
        return None if left else True

    if await wait_for(confirmed, look, timeout, means.settings.resync_interval) is None:
        reasons = "; ".join(_reason(place) for place in await occupied())
        raise SwitchFailure(f"Not unplugged within {timeout.total_seconds():.0f} s: {reasons}.")


async def _get(connection: AsyncConnection, port_id: str) -> Port:
    port = await ports.find(connection, port_id)
    if port is None:
        raise PortNotFound(f"Port {port_id} could not be found.")
    return port


async def _has_dhcp(connection: AsyncConnection, port: Port) -> bool:
    served = {s.id for s in await subnets.of_network(connection, port.network_id) if s.enable_dhcp}
    return any(ip.subnet_id in served for ip in port.fixed_ips)


async def _why_not(means: Means, port_id: str, timeout: timedelta) -> str:
    async with means.database.read() as connection:
        port = await _get(connection, port_id)
        state = await dhcp.find(connection, port.network_id)
    if port.status is PortStatus.ACTIVE:
        reason = state.detail if state and state.detail else "its DHCP server has not confirmed it"
    else:
        reason = port.detail or "its switch has not confirmed it"
    return f"Port {port_id} is not in force after {timeout.total_seconds():.0f} s: {reason}"


def _reason(place: SwitchPort) -> str:
    if place.port_id is not None:
        return f"port {place.name} of {place.switch} is wished for network port {place.port_id}"
    return f"port {place.name} of {place.switch}: {place.detail or 'the switch has not confirmed'}"
