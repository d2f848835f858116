"""What a refused request must leave: the database as it was, and a sentence that says why."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select
from tests.api.baremetal.cloud import PATIENCE_S, fault
from tests.api.baremetal.world import World
from tests.asgi import Answer

from bessemer.db.metadata import metadata

OF_THE_CONDUCTOR = {"baremetal_conductors", "baremetal_conductor_interfaces"}
"""Its heartbeat writes here all the time."""
LONGEST_MESSAGE = 3000


async def contents(world: World) -> dict[str, list[Any]]:
    """Every row of the room."""
    kept = [
        table
        for name, table in metadata.tables.items()
        if name.startswith("baremetal_") and name not in OF_THE_CONDUCTOR
    ]
    async with world.cloud.desk.reading() as connection:
        return {
            table.name: sorted(map(repr, (await connection.execute(select(table))).all()))
            for table in kept
        }


@asynccontextmanager
async def untouched(world: World) -> AsyncIterator[None]:
    """Whatever happens inside changes nothing."""
    before = await contents(world)
    yield
    assert await contents(world) == before


async def settled(world: World) -> None:
    """Return once what was asked for in the background is decided, which another reading tells."""
    made = world.made.get("/allocations")
    async with asyncio.timeout(PATIENCE_S):
        while made is not None and made["state"] == "allocating":
            made = (await world.get(f"/v1/allocations/{made['uuid']}")).json


def refused(answer: Answer, *statuses: int) -> str:
    """The reason; the status is one of these."""
    assert answer.status in statuses, answer.content[:500]
    assert len(answer.content) < LONGEST_MESSAGE
    reason = fault(answer)
    assert reason
    return reason
