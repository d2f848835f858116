"""What fake machines remember, in SQL: it outlives the conductor and is the same for all of them."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.store import blobs
from bessemer.baremetal.store.blobs import Blob
from bessemer.baremetal.store.tables import nodes
from bessemer.db.engine import Database
from bessemer.db.locks import Keeping
from bessemer.errors import NotFound

_Memory = Mapping[str, Any]
_LOCK: Final = Keeping(select(nodes.c.id).where(nodes.c.uuid == bindparam("of")))


class FakeMachines:
    """`drivers.fake.machine.Machines` on the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, node_uuid: str) -> _Memory:
        """What this machine remembers."""
        async with self._database.read() as connection:
            return await _memory(connection, node_uuid)

    async def change(self, node_uuid: str, alter: Callable[[_Memory], _Memory]) -> _Memory:
        """Let it remember something else. Raises NotFound when the node is gone."""
        async with self._database.write() as connection:
            # Two orders at once must not lose one: the node's row is the lock on PostgreSQL.
            if await connection.scalar(_LOCK.on(connection), {"of": node_uuid}) is None:
                raise NotFound(f"Node {node_uuid} could not be found.")
            changed = alter(await _memory(connection, node_uuid))
            await blobs.put(connection, node_uuid, Blob.FAKE_MACHINE, json.dumps(changed))
            return changed


async def _memory(connection: AsyncConnection, node_uuid: str) -> _Memory:
    content = await blobs.find(connection, node_uuid, Blob.FAKE_MACHINE)
    memory: _Memory = json.loads(content) if content else {}
    return memory
