"""Chassis in SQL."""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.chassis import Chassis
from bessemer.baremetal.store.records import Records
from bessemer.baremetal.store.tables import chassis, nodes

CHASSIS: Final = Records(chassis, "chassis", lambda row, _box: Chassis(**row), unique=(("uuid",),))


async def exists(connection: AsyncConnection, uuid: str) -> bool:
    """Whether there is such a chassis."""
    return await connection.scalar(select(chassis.c.id).where(chassis.c.uuid == uuid)) is not None


async def count_nodes(connection: AsyncConnection, uuid: str) -> int:
    """How many nodes are in it."""
    query = select(func.count()).select_from(nodes).where(nodes.c.chassis_uuid == uuid)
    return await connection.scalar(query) or 0
