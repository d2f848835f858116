"""Breaks a node's lock on an operator's word, and writes into the node's history who did it."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.conductor.task import Shelves
from bessemer.baremetal.domain.lease import Holder
from bessemer.baremetal.store import conductors, history, leases
from bessemer.clock import now
from bessemer.errors import Conflict


class HolderAlive(Conflict):
    """The process that holds the node is at work: it would be cut off in the middle of a step."""


@dataclass(frozen=True, slots=True)
class Unlocking:
    """Who breaks the lock, where, and whether also that of a living conductor."""

    operator: str
    hostname: str
    forced: bool
    alive_within: timedelta
    """A conductor heard of within this time is alive."""


async def unlock(shelves: Shelves, ident: str, how: Unlocking) -> Holder | None:
    """Free the node, and fence off whoever held it; None when nobody did.

    Work that was in hand is not lost: the node's conductor resumes it at its step, within a sweep.
    Raises NotFound, HolderAlive.
    """
    async with shelves.database.write() as connection:
        node = await shelves.nodes.get(connection, ident)
        holder = await leases.holder(connection, node.uuid, now())
        if holder is None:
            return None
        if not how.forced and await _alive(connection, holder, how.alive_within):
            raise HolderAlive(
                f"Node {ident} is held by {holder.owner} for {holder.purpose}, since "
                f"{holder.since:%Y-%m-%d %H:%M:%S} UTC, and that conductor is alive. Wait for it, "
                "stop it, or add --force: its step is then cut off and run again."
            )
        await leases.take_away(connection, node.uuid)
        event = (
            f"{how.operator} broke the lock that {holder.owner} held for {holder.purpose} since "
            f"{holder.since:%Y-%m-%d %H:%M:%S} UTC."
        )
        await history.record(
            connection, node, event, event_type="unlock", conductor=how.hostname, severity="INFO"
        )
        return holder


async def _alive(connection: AsyncConnection, holder: Holder, within: timedelta) -> bool:
    hostname, _, incarnation = holder.owner.partition(":")
    return any(
        each.hostname == hostname and each.incarnation == incarnation and each.alive(now(), within)
        for each in await conductors.list_conductors(connection)
    )
