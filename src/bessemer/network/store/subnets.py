"""Subnets in the database."""

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.network.domain.addresses import Pool
from bessemer.network.domain.subnet import HostRoute, Subnet
from bessemer.network.store.networks import Where
from bessemer.network.store.tables import subnets


async def insert(connection: AsyncConnection, subnet: Subnet) -> None:
    """Store a new one."""
    await connection.execute(subnets.insert().values(_values(subnet)))


async def update(connection: AsyncConnection, subnet: Subnet) -> None:
    """Store every attribute anew."""
    statement = subnets.update().where(subnets.c.id == subnet.id)
    await connection.execute(statement.values(_values(subnet)))


async def delete(connection: AsyncConnection, subnet_id: str) -> None:
    """Remove; no port may have an address of it any more."""
    await connection.execute(subnets.delete().where(subnets.c.id == subnet_id))


async def find(connection: AsyncConnection, subnet_id: str) -> Subnet | None:
    """By id."""
    found = await select(connection, [subnets.c.id == subnet_id])
    return found[0] if found else None


async def of_network(connection: AsyncConnection, network_id: str) -> list[Subnet]:
    """The network's subnets, oldest first."""
    return await select(connection, [subnets.c.network_id == network_id])


async def select(connection: AsyncConnection, where: Where = ()) -> list[Subnet]:
    """Every subnet that meets the conditions, oldest first."""
    statement = sa.select(subnets).where(*where).order_by(subnets.c.created_at, subnets.c.id)
    return [_subnet(row) for row in await connection.execute(statement)]


def _values(subnet: Subnet) -> dict[str, Any]:
    return {
        "id": subnet.id,
        "network_id": subnet.network_id,
        "name": subnet.name,
        "project_id": subnet.project_id,
        "description": subnet.description,
        "cidr": str(subnet.cidr),
        "gateway_ip": _text(subnet.gateway_ip),
        "enable_dhcp": subnet.enable_dhcp,
        "service_address": _text(subnet.service_address),
        "pools": [[str(pool.start), str(pool.end)] for pool in subnet.pools],
        "dns_nameservers": list(subnet.dns_nameservers),
        "host_routes": [[route.destination, route.nexthop] for route in subnet.host_routes],
        "revision": subnet.revision,
        "created_at": subnet.created_at,
        "updated_at": subnet.updated_at,
    }


def _subnet(row: Any) -> Subnet:
    return Subnet(
        id=row.id,
        network_id=row.network_id,
        name=row.name,
        project_id=row.project_id,
        description=row.description,
        cidr=IPv4Network(row.cidr),
        gateway_ip=_address(row.gateway_ip),
        enable_dhcp=row.enable_dhcp,
        service_address=_address(row.service_address),
        pools=tuple(Pool(IPv4Address(start), IPv4Address(end)) for start, end in row.pools),
        dns_nameservers=tuple(row.dns_nameservers),
        host_routes=tuple(HostRoute(*route) for route in row.host_routes),
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _address(text: str | None) -> IPv4Address | None:
    return None if text is None else IPv4Address(text)


def _text(address: IPv4Address | None) -> str | None:
    return None if address is None else str(address)
