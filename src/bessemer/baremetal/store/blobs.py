"""Big values of a node, one per kind, outside its row."""

from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.store.tables import blobs
from bessemer.clock import now
from bessemer.db import upsert


class Blob(StrEnum):
    """What is kept."""

    CONFIG_DRIVE = "config drive"
    INSPECTION = "inspection"
    INVENTORY = "inventory"
    FAKE_MACHINE = "fake machine"


async def put(connection: AsyncConnection, node_uuid: str, kind: Blob, content: str) -> None:
    """Keep, instead of what was there."""
    values = {"node_uuid": node_uuid, "kind": kind, "content": content, "updated_at": now()}
    await upsert.put(connection, blobs, values)


async def find(connection: AsyncConnection, node_uuid: str, kind: Blob) -> str | None:
    """The content, if any."""
    query = select(blobs.c.content).where((blobs.c.node_uuid == node_uuid) & (blobs.c.kind == kind))
    content: str | None = (await connection.execute(query)).scalar()
    return content


async def drop(connection: AsyncConnection, node_uuid: str, kind: Blob) -> None:
    """Forget it."""
    await connection.execute(
        delete(blobs).where((blobs.c.node_uuid == node_uuid) & (blobs.c.kind == kind))
    )
