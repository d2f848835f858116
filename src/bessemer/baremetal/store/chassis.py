"""Chassis in SQL."""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.chassis import Chassis
from bessemer.baremetal.store.records import Records
from bessemer.baremetal.store.tables import chassis, nodes
from bessemer.db import locks

CHASSIS: Final = Records(chassis, "chassis", lambda row, _box: Chassis(**row))


async def exists(connection: AsyncConnection, uuid: str) -> bool:
    """Whether there is such a chassis."""
    query = select(chassis.c.id).where(chassis.c.uuid == uuid)
    return await connection.scalar(locks.kept(connection, query)) is not None


async def count_nodes(connection: AsyncConnection, uuid: str) -> int:
    """How many nodes are in it."""
    query = select(func.count()).select_from(nodes).where(nodes.c.chassis_uuid == uuid)
    return await connection.scalar(query) or 0
