"""What BMCs report, written for many nodes in one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Update, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import Power
from bessemer.baremetal.domain.provision.states import STABLE, State
from bessemer.baremetal.store.tables import leases, nodes


@dataclass(frozen=True, slots=True)
class SeenPower:
    """What a node's BMC reports. `health` None: it does not tell."""

    node_uuid: str
    power: Power
    health: str | None


async def keep(
    connection: AsyncConnection,
    seen: Sequence[SeenPower],
    states: Collection[State],
    moment: datetime,
) -> Sequence[str]:
    """Write it for those that nobody holds and that are in one of the states; the uuids of these.

    A good answer clears the last error of a node in a stable state.
    """
    by_uuid = {each.node_uuid: each for each in seen}
    free = or_(leases.c.owner.is_(None), leases.c.until < moment)
    # Locked, so that nobody takes one between this look and the writing.
    query = select(leases.c.node_uuid).where(leases.c.node_uuid.in_(by_uuid) & free)
    uuids = (await connection.execute(query.with_for_update())).scalars().all()
    query_states = select(nodes.c.uuid, nodes.c.provision_state).where(
        nodes.c.uuid.in_(uuids)
        & nodes.c.provision_state.in_(states)
        & nodes.c.target_power_state.is_(None)
    )
    rows = (await connection.execute(query_states)).all()
    for clears in (True, False):
        values = [
            {
                "which": row.uuid,
                "seen_power": by_uuid[row.uuid].power,
                "seen_health": by_uuid[row.uuid].health,
            }
            for row in rows
            if (State(row.provision_state) in STABLE) is clears
        ]
        if values:
            await connection.execute(_statement(clears=clears, moment=moment), values)
    return [row.uuid for row in rows]


def _statement(*, clears: bool, moment: datetime) -> Update:
    cleared = {"last_error": None} if clears else {}
    return (
        update(nodes)
        .where(nodes.c.uuid == bindparam("which"))
        .values(
            power_state=bindparam("seen_power"),
            health=bindparam("seen_health"),
            updated_at=moment,
            **cleared,
        )
    )
