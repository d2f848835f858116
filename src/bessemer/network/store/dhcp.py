"""Which change of a network its DHCP server must know, and which it has confirmed."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.network.domain.errors import NetworkNotFound
from bessemer.network.store.tables import dhcp


@dataclass(frozen=True, slots=True)
class DhcpState:
    """`in_force` is the newest change that the server has confirmed; 0: it serves nothing."""

    network_id: str
    wanted: int
    in_force: int
    detail: str


async def insert(connection: AsyncConnection, network_id: str) -> None:
    """Begin the record of a new network."""
    await connection.execute(
        dhcp.insert().values(network_id=network_id, wanted=1, in_force=0, detail="")
    )


async def delete(connection: AsyncConnection, network_id: str) -> None:
    """End the record."""
    await connection.execute(dhcp.delete().where(dhcp.c.network_id == network_id))


async def wish(connection: AsyncConnection, network_id: str) -> None:
    """Note that something changed which the DHCP server must know.

    Until the end of the transaction nobody else changes anything of the network. Raises
    NetworkNotFound when it has just been deleted.
    """
    done = await connection.execute(
        dhcp.update().where(dhcp.c.network_id == network_id).values(wanted=dhcp.c.wanted + 1)
    )
    if not done.rowcount:
        raise NetworkNotFound(f"Network {network_id} could not be found.")


async def confirm(
    connection: AsyncConnection, network_id: str, in_force: int, detail: str = ""
) -> None:
    """Write what the server has confirmed, or why it cannot."""
    await connection.execute(
        dhcp.update()
        .where(dhcp.c.network_id == network_id)
        .values(in_force=in_force, detail=detail)
    )


async def find(connection: AsyncConnection, network_id: str) -> DhcpState | None:
    """One network's record."""
    row = (await connection.execute(sa.select(dhcp).where(dhcp.c.network_id == network_id))).first()
    return None if row is None else DhcpState(*row)
