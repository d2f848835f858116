"""Names that one process at a time holds among all that share this database, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, String, Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.db.metadata import Timestamp, metadata
from bessemer.db.upsert import insert_if_new

sole_holders = Table(
    "sole_holders",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("holder", String(1024)),
    Column("incarnation", String(36)),
    Column("since", Timestamp),
    Column("until", Timestamp),
)

_FREE = {"holder": None, "incarnation": None, "since": None, "until": None}


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a name: `holder` stays over restarts, `incarnation` does not."""

    holder: str
    incarnation: str
    since: datetime
    until: datetime


async def take(connection: AsyncConnection, name: str, wanted: Holding) -> Holding | None:
    """Take the name if it is free, has run out, or was held by a former self of ours.

    None: it is ours; else whose it is.
    """
    await insert_if_new(connection, sole_holders, {"name": name, **_FREE})
    theirs = sole_holders.c
    open_to_us = (
        theirs.holder.is_(None) | (theirs.holder == wanted.holder) | (theirs.until < wanted.since)
    )
    statement = (
        update(sole_holders)
        .where((theirs.name == name) & open_to_us)
        .values(
            holder=wanted.holder,
            incarnation=wanted.incarnation,
            since=wanted.since,
            until=wanted.until,
        )
    )
    if (await connection.execute(statement)).rowcount:
        return None
    query = select(theirs.holder, theirs.incarnation, theirs.since, theirs.until)
    row = (await connection.execute(query.where(theirs.name == name))).one()
    return Holding(*row)


async def renew(
    connection: AsyncConnection, names: Sequence[str], incarnation: str, until: datetime
) -> bool:
    """Hold them longer; False when not all of them are ours any more."""
    mine = sole_holders.c.name.in_(names) & (sole_holders.c.incarnation == incarnation)
    statement = update(sole_holders).where(mine).values(until=until)
    return (await connection.execute(statement)).rowcount == len(names)


async def give_back(connection: AsyncConnection, incarnation: str) -> None:
    """Free what is still ours."""
    mine = sole_holders.c.incarnation == incarnation
    await connection.execute(update(sole_holders).where(mine).values(**_FREE))
