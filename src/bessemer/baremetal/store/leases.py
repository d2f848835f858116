"""Leases in SQL: who may change a node's work, until when, under which epoch."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.lease import Holder, Lease, LeaseLost, NodeLocked, Span
from bessemer.baremetal.store.tables import leases, nodes
from bessemer.db import locks
from bessemer.db.upsert import insert_if_new

_FREE: Final = {"owner": None, "purpose": None, "since": None, "until": None}

_OF_NODE: Final = leases.c.node_uuid == bindparam("node")
_NOBODYS: Final = or_(leases.c.owner.is_(None), leases.c.until < bindparam("moment"))
HELD: Final = and_(
    _OF_NODE, leases.c.owner == bindparam("holder"), leases.c.epoch == bindparam("held")
)
"""The lease that `which` names is held still."""

_TAKE: Final = (
    update(leases)
    .where(_OF_NODE, _NOBODYS)
    .values(epoch=leases.c.epoch + 1)
    .returning(leases.c.epoch)
)
_IN_PASSING: Final = (
    update(leases).where(_OF_NODE, _NOBODYS).values(epoch=leases.c.epoch + 1, **_FREE)
)
_RENEW: Final = update(leases).where(HELD).values(until=bindparam("longer"))
_CHECK: Final = locks.Keeping(
    select(leases.c.epoch)
    .select_from(nodes.join(leases, nodes.c.uuid == leases.c.node_uuid))
    .where(HELD)
)
_RELEASE: Final = update(leases).where(HELD).values(**_FREE)
_HOLDER: Final = select(leases.c.owner, leases.c.purpose, leases.c.since).where(
    _OF_NODE, leases.c.owner.is_not(None), leases.c.until >= bindparam("moment")
)


async def acquire(
    connection: AsyncConnection, node_uuid: str, owner: str, purpose: str, span: Span
) -> Lease | None:
    """Take the lease if it is free or has run out; None when somebody holds it."""
    wanted = {"node": node_uuid, "moment": span.now}
    holder = {"owner": owner, "purpose": purpose, "since": span.now, "until": span.until}
    epoch = (await connection.execute(_TAKE, {**wanted, **holder})).scalar()
    return Lease(node_uuid, owner, epoch) if epoch is not None else None


async def prepare(connection: AsyncConnection, node_uuid: str) -> None:
    """Make the row that a new node's leases live in."""
    await insert_if_new(connection, leases, {"node_uuid": node_uuid, "epoch": 0})


async def renew(connection: AsyncConnection, lease: Lease, span: Span) -> None:
    """Hold it longer. Raises LeaseLost."""
    wanted = {**which(lease), "longer": span.until}
    if not (await connection.execute(_RENEW, wanted)).rowcount:
        raise lost(lease)


async def check(connection: AsyncConnection, lease: Lease) -> None:
    """Fencing: call first in every transaction that writes under the lease. Raises LeaseLost.

    Node and lease stay as they are until the end of the transaction.
    """
    if (await connection.execute(_CHECK.on(connection), which(lease))).first() is None:
        raise lost(lease)


async def release(connection: AsyncConnection, lease: Lease) -> None:
    """Give it back; a lease lost meanwhile stays with its new owner."""
    await connection.execute(_RELEASE, which(lease))


async def release_all(connection: AsyncConnection, owner_prefix: str) -> int:
    """Free what a dead owner held; epochs stay, so that its late writes are refused."""
    dead = leases.c.owner.startswith(owner_prefix, autoescape=True)
    statement = update(leases).where(dead).values(epoch=leases.c.epoch + 1, **_FREE)
    return (await connection.execute(statement)).rowcount


async def take_away(connection: AsyncConnection, node_uuid: str) -> None:
    """Free the node, whoever holds it; the next epoch refuses their late writes."""
    held = leases.c.node_uuid == node_uuid
    await connection.execute(update(leases).where(held).values(epoch=leases.c.epoch + 1, **_FREE))


async def holder(connection: AsyncConnection, node_uuid: str, now: datetime) -> Holder | None:
    """Who holds the node at this moment."""
    wanted = {"node": node_uuid, "moment": now}
    row = (await connection.execute(_HOLDER, wanted)).first()
    return Holder(row.owner, row.purpose, row.since) if row is not None else None


async def holders(
    connection: AsyncConnection, node_uuids: Sequence[str], now: datetime
) -> dict[str, Holder]:
    """Who holds which of these nodes at this moment; nodes that nobody holds are left out."""
    query = select(leases).where(
        leases.c.node_uuid.in_(node_uuids) & leases.c.owner.is_not(None) & (leases.c.until >= now)
    )
    rows = (await connection.execute(query)).all()
    return {row.node_uuid: Holder(row.owner, row.purpose, row.since) for row in rows}


def which(lease: Lease) -> dict[str, Any]:
    """What statements with `HELD` are given."""
    return {"node": lease.node_uuid, "holder": lease.owner, "held": lease.epoch}


def lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"Node {lease.node_uuid} is no longer held by {lease.owner}.")


async def take(
    connection: AsyncConnection, node_uuid: str, owner: str, purpose: str, span: Span
) -> Lease:
    """Like `acquire`, but raises NodeLocked, with who, what and since when, if somebody holds it."""
    lease = await acquire(connection, node_uuid, owner, purpose, span)
    if lease is not None:
        return lease
    raise await _locked(connection, node_uuid, span.now)


async def _locked(connection: AsyncConnection, node_uuid: str, moment: datetime) -> NodeLocked:
    other = await holder(connection, node_uuid, moment)
    who = f"{other.owner} ({other.purpose}, since {other.since:%H:%M:%S})" if other else "another"
    return NodeLocked(f"Node {node_uuid} is locked by host {who}; please retry after it is done.")


async def take_in_passing(connection: AsyncConnection, node_uuid: str, moment: datetime) -> None:
    """Hold the node for this transaction only, and fence off whoever held it before.

    Nobody sees it taken: until the transaction ends, its row is locked.
    Raises NodeLocked.
    """
    wanted = {"node": node_uuid, "moment": moment}
    if not (await connection.execute(_IN_PASSING, wanted)).rowcount:
        raise await _locked(connection, node_uuid, moment)
