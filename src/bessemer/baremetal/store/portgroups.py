"""Port groups in SQL."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.baremetal.store import ports
from bessemer.baremetal.store.records import Records
from bessemer.baremetal.store.tables import portgroups
from bessemer.baremetal.store.tables import ports as port_table

PORTGROUPS: Final = Records(
    portgroups,
    "port group",
    lambda row, _box: Portgroup(**row),
)


async def of_node(connection: AsyncConnection, node_uuid: str) -> tuple[Portgroup, ...]:
    """All port groups of a node, oldest first."""
    return tuple(await PORTGROUPS.list(connection, [portgroups.c.node_uuid == node_uuid]))


async def keep(connection: AsyncConnection, group: Portgroup, members: Sequence[Port] = ()) -> None:
    """Write it; with `members` it is a new bond. One that is over goes, and frees its NICs."""
    if members:
        await PORTGROUPS.add(connection, group)
        for port in members:
            await ports.save(connection, port)
    elif group.is_over:
        mine = port_table.c.portgroup_uuid == group.uuid
        await connection.execute(update(port_table).where(mine).values(portgroup_uuid=None))
        await PORTGROUPS.remove(connection, group.uuid)
    else:
        await PORTGROUPS.save(connection, group)
