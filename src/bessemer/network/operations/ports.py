"""Ports: make, look up, change, delete."""

import secrets
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import Any, Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.clock import now
from bessemer.context import RequestContext
from bessemer.json_types import JsonObject
from bessemer.network.domain.addresses import generated_mac, parse_address
from bessemer.network.domain.errors import (
    InvalidInput,
    IpAddressInUse,
    MacAddressInUse,
    PortBound,
    PortNotFound,
)
from bessemer.network.domain.port import Port
from bessemer.network.domain.subnet import Subnet, allocate
from bessemer.network.operations.bindings import Plug, plug, unplug
from bessemer.network.operations.means import Means
from bessemer.network.operations.networks import find_network
from bessemer.network.operations.visibility import visible_ports
from bessemer.network.public import DhcpOption, FixedIp
from bessemer.network.store import dhcp, subnets
from bessemer.network.store import ports as store
from bessemer.network.store.tables import ports

_MAC_ATTEMPTS: Final = 16


@dataclass(frozen=True, slots=True)
class AddressWish:
    """One asked-for `fixed_ips` element; either half may be left out."""

    subnet_id: str | None = None
    ip_address: str | None = None


@dataclass(frozen=True, slots=True)
class NewPort:
    """A port to make. `addresses` None: one address from every subnet of the network."""

    network_id: str
    project_id: str = ""
    name: str = ""
    description: str = ""
    mac_address: str | None = None
    admin_state_up: bool = True
    device_id: str = ""
    device_owner: str = ""
    host_id: str = ""
    vnic_type: str = "normal"
    profile: JsonObject = field(default_factory=dict)
    addresses: tuple[AddressWish, ...] | None = None
    dhcp_options: tuple[DhcpOption, ...] = ()


async def create_port(means: Means, context: RequestContext, wish: NewPort) -> Port:
    """Raises NetworkNotFound, MacAddressInUse, IpAddressGenerationFailure, SwitchPortTaken, …"""
    async with means.database.write() as connection:
        network = await find_network(connection, context, wish.network_id)
        await dhcp.wish(connection, network.id)  # also keeps other writers off this network
        mac = wish.mac_address or await _new_mac(connection, network.id)
        await _check_mac(connection, network.id, mac)
        moment = now()
        port = Port(
            id=str(uuid.uuid4()),
            network_id=network.id,
            name=wish.name,
            project_id=wish.project_id,
            mac_address=mac,
            created_at=moment,
            updated_at=moment,
            description=wish.description,
            admin_state_up=wish.admin_state_up,
            device_id=wish.device_id,
            device_owner=wish.device_owner,
            vnic_type=wish.vnic_type,
            fixed_ips=await _addresses(connection, network.id, wish.addresses),
            dhcp_options=wish.dhcp_options,
        )
        await store.insert(connection, port)
        plugged = await plug(means, connection, port, Plug(wish.host_id, wish.profile))
        await store.update(connection, plugged.port)
    await _nudge(means, plugged.port, plugged.switches)
    return plugged.port


async def find_port(connection: AsyncConnection, context: RequestContext, port_id: str) -> Port:
    """By id, if visible. Raises PortNotFound."""
    found = await store.select(connection, [ports.c.id == port_id, *visible_ports(context)])
    if not found:
        raise PortNotFound(f"Port {port_id} could not be found.")
    return found[0]


async def update_port(
    means: Means,
    context: RequestContext,
    port_id: str,
    changes: Mapping[str, Any],
    binding: Plug | None = None,
) -> Port:
    """Change attributes of a Port by name; a `mac_address` of None makes a new one.

    The binding changes first, so that one request may unbind and give another MAC.
    Raises PortNotFound, PortBound, MacAddressInUse, SwitchPortTaken, InvalidInput.
    """
    async with means.database.write() as connection:
        port = await find_port(connection, context, port_id)
        await dhcp.wish(connection, port.network_id)
        port = await find_port(connection, context, port_id)  # as it is now that it is ours
        switches: Collection[str] = ()
        if binding is not None:
            plugged = await plug(means, connection, port, binding)
            port, switches = plugged.port, plugged.switches
        changes = await _checked(connection, port, changes)
        port = replace(port, **changes, revision=port.revision + 1, updated_at=now())
        try:
            await store.update(connection, port)
        except IntegrityError as error:
            raise IpAddressInUse("Another port has one of these addresses.") from error
    await _nudge(means, port, switches)
    return port


async def delete_port(means: Means, context: RequestContext, port_id: str) -> None:
    """Unplug and remove. Raises PortNotFound."""
    async with means.database.write() as connection:
        port = await find_port(connection, context, port_id)
        await dhcp.wish(connection, port.network_id)
        port = await find_port(connection, context, port_id)
        switches = await unplug(connection, port)
        await store.delete(connection, port_id)
    await _nudge(means, port, switches)


async def _nudge(means: Means, port: Port, switches: Collection[str]) -> None:
    for switch in switches:
        await means.nudge_switch(switch)
    await means.nudge_dhcp(port.network_id)


async def _checked(
    connection: AsyncConnection, port: Port, changes: Mapping[str, Any]
) -> dict[str, Any]:
    values = dict(changes)
    if "mac_address" in values and values["mac_address"] != port.mac_address:
        if port.is_bound:
            raise PortBound(
                f"Port {port.id} is bound to host {port.host_id or port.links[0].switch_info}; "
                "unbind it before its MAC address can change."
            )
        values["mac_address"] = values["mac_address"] or await _new_mac(connection, port.network_id)
        await _check_mac(connection, port.network_id, values["mac_address"])
    if "fixed_ips" in values:
        wishes = values["fixed_ips"]
        values["fixed_ips"] = await _addresses(connection, port.network_id, wishes, port)
    return values


async def _new_mac(connection: AsyncConnection, network_id: str) -> str:
    for _ in range(_MAC_ATTEMPTS):
        mac = generated_mac(secrets.randbits(24))
        if not await _ports_with_mac(connection, network_id, mac):
            return mac
    raise MacAddressInUse("No free MAC address was found; give one in mac_address.")


async def _check_mac(connection: AsyncConnection, network_id: str, mac: str) -> None:
    for other in await _ports_with_mac(connection, network_id, mac):
        raise MacAddressInUse(f"Port {other.id} of this network has the MAC address {mac} already.")


async def _ports_with_mac(connection: AsyncConnection, network_id: str, mac: str) -> list[Port]:
    return await store.select(
        connection, [ports.c.network_id == network_id, ports.c.mac_address == mac]
    )


async def _addresses(
    connection: AsyncConnection,
    network_id: str,
    wishes: Sequence[AddressWish] | None,
    holder: Port | None = None,
) -> tuple[FixedIp, ...]:
    known = {subnet.id: subnet for subnet in await subnets.of_network(connection, network_id)}
    if wishes is None:
        wishes = [AddressWish(subnet_id=subnet_id) for subnet_id in known]
    chosen: list[FixedIp] = []
    for wish in wishes:
        subnet = _subnet_of(wish, known)
        taken = await store.taken_addresses(connection, subnet.id)
        taken -= {IPv4Address(ip.ip_address) for ip in (holder.fixed_ips if holder else ())}
        taken |= {IPv4Address(ip.ip_address) for ip in chosen}
        chosen.append(FixedIp(subnet.id, str(_address(wish, subnet, taken))))
    return tuple(chosen)


def _address(wish: AddressWish, subnet: Subnet, taken: Collection[IPv4Address]) -> IPv4Address:
    if wish.ip_address is None:
        return allocate(subnet, taken)
    address = parse_address(wish.ip_address, subnet.cidr)
    if address in taken or address in subnet.reserved:
        raise IpAddressInUse(f"The address {address} of subnet {subnet.cidr} is in use.")
    return address


def _subnet_of(wish: AddressWish, known: Mapping[str, Subnet]) -> Subnet:
    if wish.subnet_id is not None:
        if wish.subnet_id not in known:
            raise InvalidInput(f"Subnet {wish.subnet_id} is not one of the port's network.")
        return known[wish.subnet_id]
    for subnet in known.values():
        if wish.ip_address is None or IPv4Address(wish.ip_address) in subnet.cidr:
            return subnet
    raise InvalidInput(f"No subnet of the network holds the address {wish.ip_address}.")
