"""What each conductor serves: hardware types with their interfaces, as registered at its start."""

from collections.abc import Collection, Iterable
from dataclasses import asdict

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.interfaces.registry import Offer
from bessemer.baremetal.store.tables import conductor_interfaces as table


async def register(connection: AsyncConnection, hostname: str, offers: Iterable[Offer]) -> None:
    """Keep what this conductor serves now, in place of what its former self did."""
    await connection.execute(delete(table).where(table.c.hostname == hostname))
    rows = [{"hostname": hostname, **asdict(offer)} for offer in offers]
    if rows:
        await connection.execute(insert(table), rows)


async def offers_of(connection: AsyncConnection, hostnames: Collection[str]) -> tuple[Offer, ...]:
    """Everything that these conductors serve, the first host's first, in order of preference."""
    columns = [column for column in table.c if column.name != "hostname"]
    order = (table.c.hostname, table.c.hardware_type, table.c.interface_type, table.c.position)
    query = select(*columns).where(table.c.hostname.in_(hostnames)).order_by(*order)
    return tuple(Offer(**row) for row in (await connection.execute(query)).mappings())
