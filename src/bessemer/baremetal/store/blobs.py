"""Big values of a node, one per kind, outside its row."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.store.tables import blobs, nodes
from bessemer.clock import now
from bessemer.db import upsert


class Blob(StrEnum):
    """What is kept."""

    CONFIG_DRIVE = "config drive"
    INSPECTION = "inspection"
    INVENTORY = "inventory"
    KICKSTART = "kickstart"
    FAKE_MACHINE = "fake machine"
    SENSORS = "sensors"


_ONE: Final = (blobs.c.node_uuid == bindparam("of")) & (blobs.c.kind == bindparam("of_kind"))
_FIND: Final = select(blobs.c.content).where(_ONE)
_DROP: Final = delete(blobs).where(_ONE)
_PUT: Final = upsert.Put(blobs)


async def put(connection: AsyncConnection, node_uuid: str, kind: Blob, content: str) -> None:
    """Keep, instead of what was there."""
    values = {"node_uuid": node_uuid, "kind": kind, "content": content, "updated_at": now()}
    await connection.execute(_PUT.on(connection), values)


async def find(connection: AsyncConnection, node_uuid: str, kind: Blob) -> str | None:
    """The content, if any."""
    wanted = {"of": node_uuid, "of_kind": kind}
    content: str | None = (await connection.execute(_FIND, wanted)).scalar()
    return content


async def drop(connection: AsyncConnection, node_uuid: str, kind: Blob) -> None:
    """Forget it."""
    await connection.execute(_DROP, {"of": node_uuid, "of_kind": kind})


async def of_kind(
    connection: AsyncConnection, kind: Blob, after: str, limit: int
) -> Sequence[tuple[str, str | None, str]]:
    """Uuid, name and content of nodes that have one, by uuid; `after`: the last uuid seen."""
    query = (
        select(nodes.c.uuid, nodes.c.name, blobs.c.content)
        .join(nodes, nodes.c.uuid == blobs.c.node_uuid)
        .where(blobs.c.kind == kind, blobs.c.node_uuid > after)
        .order_by(blobs.c.node_uuid)
        .limit(limit)
    )
    return [(row.uuid, row.name, row.content) for row in await connection.execute(query)]
