"""Ports and their addresses in the database."""

from collections import defaultdict
from collections.abc import Sequence
from ipaddress import IPv4Address
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.db.locks import keep
from bessemer.network.domain.port import Port
from bessemer.network.public import DhcpOption, FixedIp, PortStatus
from bessemer.network.store.networks import Where
from bessemer.network.store.tables import addresses, ports


async def insert(connection: AsyncConnection, port: Port) -> None:
    """Store a new one with its addresses. Raises IntegrityError when MAC or address is taken."""
    await connection.execute(ports.insert().values(_values(port)))
    await _insert_addresses(connection, port)


async def update(connection: AsyncConnection, port: Port) -> None:
    """Store every attribute and address anew. Raises IntegrityError as `insert` does."""
    await connection.execute(ports.update().where(ports.c.id == port.id).values(_values(port)))
    await connection.execute(addresses.delete().where(addresses.c.port_id == port.id))
    await _insert_addresses(connection, port)


async def set_status(
    connection: AsyncConnection, port_id: str, status: PortStatus, detail: str
) -> None:
    """Write what the reconciler found."""
    statement = ports.update().where(ports.c.id == port_id)
    await connection.execute(statement.values(status=status.value, detail=detail))


async def delete(connection: AsyncConnection, port_id: str) -> None:
    """Remove with its addresses."""
    await connection.execute(ports.delete().where(ports.c.id == port_id))


async def hold(connection: AsyncConnection, port_id: str) -> None:
    """Keep others from writing it until the end of the transaction."""
    await keep(connection, sa.select(ports.c.id).where(ports.c.id == port_id))


async def find(connection: AsyncConnection, port_id: str) -> Port | None:
    """By id."""
    found = await select(connection, [ports.c.id == port_id])
    return found[0] if found else None


async def select(connection: AsyncConnection, where: Where = ()) -> list[Port]:
    """Every port that meets the conditions, oldest first: two queries, however many ports."""
    statement = sa.select(ports).where(*where).order_by(ports.c.created_at, ports.c.id)
    rows = (await connection.execute(statement)).all()
    matching = sa.select(ports.c.id).where(*where)
    found = await connection.execute(
        sa.select(addresses)
        .where(addresses.c.port_id.in_(matching))
        .order_by(addresses.c.subnet_id)
    )
    fixed_ips: dict[str, list[FixedIp]] = defaultdict(list)
    for row in found:
        fixed_ips[row.port_id].append(FixedIp(row.subnet_id, row.ip_address))
    return [_port(row, fixed_ips[row.id]) for row in rows]


async def count(connection: AsyncConnection, network_id: str) -> int:
    """How many ports a network has."""
    statement = sa.select(sa.func.count()).where(ports.c.network_id == network_id)
    return int((await connection.execute(statement)).scalar_one())


async def taken_addresses(connection: AsyncConnection, subnet_id: str) -> set[IPv4Address]:
    """Addresses of the subnet that ports have."""
    statement = sa.select(addresses.c.ip_address).where(addresses.c.subnet_id == subnet_id)
    return {IPv4Address(text) for text in (await connection.execute(statement)).scalars()}


async def _insert_addresses(connection: AsyncConnection, port: Port) -> None:
    rows = [
        {"subnet_id": ip.subnet_id, "ip_address": ip.ip_address, "port_id": port.id}
        for ip in port.fixed_ips
    ]
    if rows:
        await connection.execute(addresses.insert(), rows)


def _values(port: Port) -> dict[str, Any]:
    return {
        "id": port.id,
        "network_id": port.network_id,
        "name": port.name,
        "project_id": port.project_id,
        "description": port.description,
        "mac_address": port.mac_address,
        "admin_state_up": port.admin_state_up,
        "device_id": port.device_id,
        "device_owner": port.device_owner,
        "host_id": port.host_id,
        "vnic_type": port.vnic_type,
        "profile": port.profile,
        "status": port.status.value,
        "detail": port.detail,
        "dhcp_options": [[o.name, o.value, o.ip_version] for o in port.dhcp_options],
        "revision": port.revision,
        "created_at": port.created_at,
        "updated_at": port.updated_at,
    }


def _port(row: Any, fixed_ips: Sequence[FixedIp]) -> Port:
    return Port(
        id=row.id,
        network_id=row.network_id,
        name=row.name,
        project_id=row.project_id,
        description=row.description,
        mac_address=row.mac_address,
        admin_state_up=row.admin_state_up,
        device_id=row.device_id,
        device_owner=row.device_owner,
        host_id=row.host_id,
        vnic_type=row.vnic_type,
        profile=row.profile,
        status=PortStatus(row.status),
        detail=row.detail,
        fixed_ips=tuple(fixed_ips),
        dhcp_options=tuple(DhcpOption(*option) for option in row.dhcp_options),
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
