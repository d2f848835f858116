"""Who owns and who rents each of several nodes, in one query."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.store.tables import nodes


async def of_nodes(
    connection: AsyncConnection, uuids: Collection[str]
) -> Mapping[str, tuple[str | None, str | None]]:
    """Owner and lessee (projects' ids) by the node's uuid."""
    query = select(nodes.c.uuid, nodes.c.owner, nodes.c.lessee).where(nodes.c.uuid.in_(uuids))
    rows = (await connection.execute(query)).all()
    return {row.uuid: (row.owner, row.lessee) for row in rows}
