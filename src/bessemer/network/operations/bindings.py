"""Plugging a port into switch ports and out of them: claims in the database, for the reconciler."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.json_types import JsonObject
from bessemer.network.domain.errors import NetworkNotFound, SwitchPortTaken
from bessemer.network.domain.network import Network
from bessemer.network.domain.port import Port, links_of
from bessemer.network.domain.segment import NetworkType
from bessemer.network.operations.means import Means
from bessemer.network.public import LocalLink, PortStatus
from bessemer.network.store import networks, ports, switch_ports
from bessemer.network.store.switch_ports import WireState
from bessemer.network.switches.registry import switch_of


@dataclass(frozen=True, slots=True)
class Plug:
    """Where a port is to be: the host and the whole `binding:profile`. Nothing named: unplugged."""

    host_id: str = ""
    profile: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plugged:
    """The port with its new binding, and the switches that have something to do."""

    port: Port
    switches: frozenset[str]


async def plug(means: Means, connection: AsyncConnection, port: Port, wish: Plug) -> Plugged:
    """Claim the wished switch ports, release the others. The caller stores the port.

    Raises SwitchPortTaken that names the present holder, InvalidInput for an unknown switch.
    """
    places = {_place(means, link): link for link in links_of(wish.profile) if link.is_managed}
    held = {(p.switch, p.name): p for p in await switch_ports.of_port(connection, port.id)}
    touched: set[str] = set()
    network = await _network(connection, port)
    for switch, name in sorted(held.keys() ^ places.keys()):  # one order: no deadlock
        if (switch, name) in places:
            await _claim(connection, (switch, name), port, network.segment.vlan)
        else:
            await switch_ports.release(connection, switch, name, port.id)
        touched.add(switch)
    bound = replace(port, host_id=wish.host_id, profile=wish.profile)
    if touched or not places:
        status = _status(bound, network)
        bound = replace(bound, status=status, detail="")
    return Plugged(bound, frozenset(touched))


async def unplug(connection: AsyncConnection, port: Port) -> Collection[str]:
    """Release every switch port of a network port; the switches that have something to do."""
    held = await switch_ports.of_port(connection, port.id)
    for place in held:
        await switch_ports.release(connection, place.switch, place.name, port.id)
    return {place.switch for place in held}


async def refresh_status(connection: AsyncConnection, port_id: str) -> None:
    """Derive a plugged port's status from what its switches said, and store it."""
    await ports.hold(connection, port_id)  # another switch's word may come at this moment
    held = await switch_ports.of_port(connection, port_id)
    if not held:
        return
    states = {place.state for place in held}
    detail = " ".join(place.detail for place in held if place.detail)
    if WireState.FAILED in states:
        status = PortStatus.ERROR
    elif WireState.PENDING in states:
        status = PortStatus.BUILD
    else:
        status = PortStatus.ACTIVE
    await ports.set_status(connection, port_id, status, detail)


def _place(means: Means, link: LocalLink) -> tuple[str, str]:
    return switch_of(means.switches, link).name, link.port_id


async def _claim(
    connection: AsyncConnection, place: tuple[str, str], port: Port, vlan: int
) -> None:
    switch, name = place
    try:
        ours = await switch_ports.claim(connection, switch, name, port.id, vlan)
    except IntegrityError as error:
        raise SwitchPortTaken(
            f"Switch port {name} of {switch} was taken by another port at this moment."
        ) from error
    if ours:
        return
    holder = await switch_ports.find(connection, switch, name)
    first = await ports.find(connection, holder.port_id) if holder and holder.port_id else None
    raise SwitchPortTaken(
        f"Switch port {name} of {switch} carries port {first.id if first else 'unknown'} "
        f"(network {first.network_id if first else 'unknown'}) already; unbind or delete that "
        "port first."
    )


async def _network(connection: AsyncConnection, port: Port) -> Network:
    network = await networks.find(connection, port.network_id)
    if network is None:
        raise NetworkNotFound(f"Network {port.network_id} could not be found.")
    return network


def _status(port: Port, network: Network) -> PortStatus:
    if any(link.is_managed for link in port.links):
        return PortStatus.BUILD
    is_flat = network.segment.network_type is NetworkType.FLAT
    is_unmanaged = port.host_id and (is_flat or port.links)
    return PortStatus.ACTIVE if is_unmanaged else PortStatus.DOWN
