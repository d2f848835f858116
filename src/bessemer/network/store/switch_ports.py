"""The switch ports that have ever been ours: what each is to carry, and what the switch said."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.clock import now
from bessemer.network.store.networks import Where
from bessemer.network.store.tables import switch_ports


class WireState(StrEnum):
    """Whether the switch does what is wished of a port."""

    PENDING = "pending"
    SETTLED = "settled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SwitchPort:
    """`switch` is its name in the settings. `vlan` None: parked. `port_id`: who is plugged here."""

    switch: str
    name: str
    port_id: str | None
    vlan: int | None
    generation: int
    state: WireState
    detail: str


async def find(connection: AsyncConnection, switch: str, name: str) -> SwitchPort | None:
    """By switch and name."""
    found = await select(connection, [switch_ports.c.switch == switch, switch_ports.c.name == name])
    return found[0] if found else None


async def of_port(connection: AsyncConnection, port_id: str) -> list[SwitchPort]:
    """Where a network port is plugged."""
    return await select(connection, [switch_ports.c.port_id == port_id])


async def of_switch(connection: AsyncConnection, switch: str) -> list[SwitchPort]:
    """Every port of a switch that is or was ours."""
    return await select(connection, [switch_ports.c.switch == switch])


async def select(connection: AsyncConnection, where: Where = ()) -> list[SwitchPort]:
    """Every switch port that meets the conditions."""
    columns = [c for c in switch_ports.c if c.name != "updated_at"]
    statement = sa.select(*columns).where(*where).order_by(*switch_ports.primary_key)
    return [_switch_port(row) for row in await connection.execute(statement)]


async def claim(
    connection: AsyncConnection, switch: str, name: str, port_id: str, vlan: int
) -> bool:
    """Desire a VLAN on a switch port for a network port. False when another one is plugged there.

    Raises IntegrityError when another transaction claims an unknown switch port at this moment.
    """
    free_or_own = switch_ports.c.port_id.is_(None) | (switch_ports.c.port_id == port_id)
    changed = await connection.execute(
        switch_ports.update()
        .where(switch_ports.c.switch == switch, switch_ports.c.name == name, free_or_own)
        .values(generation=switch_ports.c.generation + 1, **_wish(port_id, vlan))
    )
    if changed.rowcount == 1:
        return True
    if await find(connection, switch, name) is not None:
        return False
    await connection.execute(
        switch_ports.insert().values(switch=switch, name=name, generation=1, **_wish(port_id, vlan))
    )
    return True


async def release(connection: AsyncConnection, switch: str, name: str, port_id: str) -> None:
    """Desire a switch port parked, if this network port is still the one plugged there."""
    await connection.execute(
        switch_ports.update()
        .where(
            switch_ports.c.switch == switch,
            switch_ports.c.name == name,
            switch_ports.c.port_id == port_id,
        )
        .values(generation=switch_ports.c.generation + 1, **_wish(None, None))
    )


async def record(
    connection: AsyncConnection, seen: SwitchPort, state: WireState, detail: str
) -> bool:
    """Write what the switch said, unless the wish has changed meanwhile (then False)."""
    changed = await connection.execute(
        switch_ports.update()
        .where(
            switch_ports.c.switch == seen.switch,
            switch_ports.c.name == seen.name,
            switch_ports.c.generation == seen.generation,
        )
        .values(state=state.value, detail=detail, updated_at=now())
    )
    return changed.rowcount == 1


async def forget(connection: AsyncConnection, gone: SwitchPort) -> None:
    """Remove a parked port that the switch no longer has, unless it is wished for meanwhile."""
    await connection.execute(
        switch_ports.delete().where(
            switch_ports.c.switch == gone.switch,
            switch_ports.c.name == gone.name,
            switch_ports.c.generation == gone.generation,
        )
    )


def among(links: Sequence[tuple[str, str]]) -> Where:
    """The condition of being one of these (switch, name)."""
    return [sa.tuple_(switch_ports.c.switch, switch_ports.c.name).in_(list(links))]


def _wish(port_id: str | None, vlan: int | None) -> dict[str, Any]:
    return {
        "port_id": port_id,
        "vlan": vlan,
        "state": WireState.PENDING.value,
        "detail": "",
        "updated_at": now(),
    }


def _switch_port(row: Any) -> SwitchPort:
    return SwitchPort(
        switch=row.switch,
        name=row.name,
        port_id=row.port_id,
        vlan=row.vlan,
        generation=row.generation,
        state=WireState(row.state),
        detail=row.detail,
    )
