"""Port groups in SQL."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.baremetal.store.records import Records
from bessemer.baremetal.store.tables import portgroups

PORTGROUPS: Final = Records(
    portgroups,
    "port group",
    lambda row, _box: Portgroup(**row),
)


async def of_node(connection: AsyncConnection, node_uuid: str) -> tuple[Portgroup, ...]:
    """All port groups of a node, oldest first."""
    return tuple(await PORTGROUPS.list(connection, [portgroups.c.node_uuid == node_uuid]))
