"""Conductors in SQL: who is there, and who was heard of lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.store.tables import conductor_interfaces, conductors
from bessemer.clock import now
from bessemer.db.upsert import insert_if_new


@dataclass(frozen=True, slots=True)
class Conductor:
    """One conductor process."""

    hostname: str
    conductor_group: str
    drivers: tuple[str, ...]
    incarnation: str
    online: bool
    created_at: datetime
    updated_at: datetime

    def alive(self, moment: datetime, timeout: timedelta) -> bool:
        """Whether it counts as working at `moment`."""
        return self.online and moment - self.updated_at < timeout


async def register(
    connection: AsyncConnection, hostname: str, group: str, drivers: Sequence[str], incarnation: str
) -> None:
    """Announce a conductor that has just started; replaces its former self."""
    moment = now()
    values = {
        "hostname": hostname,
        "conductor_group": group,
        "drivers": list(drivers),
        "incarnation": incarnation,
        "online": True,
        "updated_at": moment,
    }
    await insert_if_new(connection, conductors, {**values, "created_at": moment})
    mine = conductors.c.hostname == hostname
    await connection.execute(update(conductors).where(mine).values(**values))


async def touch(connection: AsyncConnection, hostname: str, incarnation: str) -> bool:
    """Heartbeat; False when another incarnation has taken the name."""
    mine = (conductors.c.hostname == hostname) & (conductors.c.incarnation == incarnation)
    statement = update(conductors).where(mine).values(updated_at=now(), online=True)
    return bool((await connection.execute(statement)).rowcount)


async def leave(connection: AsyncConnection, hostname: str, incarnation: str) -> None:
    """Say goodbye in good order."""
    mine = (conductors.c.hostname == hostname) & (conductors.c.incarnation == incarnation)
    await connection.execute(update(conductors).where(mine).values(online=False))


async def forget_silent(connection: AsyncConnection, since: datetime) -> list[str]:
    """Drop conductors not heard of since then, with what they served; their names."""
    silent = conductors.c.updated_at < since
    names = (await connection.execute(select(conductors.c.hostname).where(silent))).scalars().all()
    served = conductor_interfaces.c.hostname.in_(names)
    await connection.execute(delete(conductor_interfaces).where(served))
    await connection.execute(delete(conductors).where(conductors.c.hostname.in_(names)))
    return list(names)


async def list_conductors(connection: AsyncConnection) -> list[Conductor]:
    """All that were ever there, by name."""
    rows = (await connection.execute(select(conductors).order_by(conductors.c.hostname))).all()
    return [Conductor(**{**row._mapping, "drivers": tuple(row.drivers)}) for row in rows]
