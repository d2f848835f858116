"""Whose a thing is, in one cheap query: no JSON column is read, no row is joined but its node's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, false, null, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.store.tables import (
    allocations,
    nodes,
    portgroups,
    ports,
    runbooks,
    volume_connectors,
    volume_targets,
)

AT_ONCE: Final = 500
"""Things looked up by one statement."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """`owner` and `lessee` are projects' ids; of a NIC and the like, those of its node."""

    uuid: str
    owner: str | None
    lessee: str | None = None
    provision_state: str | None = None
    public: bool = False
    """Everybody may see and use it (runbooks)."""


@dataclass(frozen=True, slots=True)
class Noun:
    """A kind of thing that belongs to somebody."""

    word: str
    table: Table
    query: Select[Any]

    async def find(self, connection: AsyncConnection, ident: str) -> Ownership | None:
        """By uuid, else by name."""
        return (await self.find_all(connection, [ident])).get(ident)

    async def find_all(
        self, connection: AsyncConnection, idents: Sequence[str]
    ) -> dict[str, Ownership]:
        """Those that there are, under the uuid or name that was asked for."""
        found: dict[str, Ownership] = {}
        named = "name" in self.table.c
        name = self.table.c.name if named else null()
        for start in range(0, len(idents), AT_ONCE):
            some = idents[start : start + AT_ONCE]
            fits = or_(self.table.c.uuid.in_(some), *([name.in_(some)] if named else []))
            rows = (await connection.execute(self.query.add_columns(name).where(fits))).all()
            found |= {row[-1]: Ownership(*row[:-1]) for row in rows if row[-1] in some}
            found |= {row[0]: Ownership(*row[:-1]) for row in rows if row[0] in some}
        return found


def _of_node(table: Table) -> Select[Any]:
    state = nodes.c.provision_state
    columns = select(table.c.uuid, nodes.c.owner, nodes.c.lessee, state, false())
    return columns if table is nodes else columns.join(nodes, nodes.c.uuid == table.c.node_uuid)


def _of_its_own(table: Table, public: ColumnElement[bool]) -> Select[Any]:
    return select(table.c.uuid, table.c.owner, null(), null(), public)


NODE: Final = Noun("Node", nodes, _of_node(nodes))
PORT: Final = Noun("Port", ports, _of_node(ports))
PORTGROUP: Final = Noun("Portgroup", portgroups, _of_node(portgroups))
CONNECTOR: Final = Noun("Volume connector", volume_connectors, _of_node(volume_connectors))
TARGET: Final = Noun("Volume target", volume_targets, _of_node(volume_targets))
ALLOCATION: Final = Noun("Allocation", allocations, _of_its_own(allocations, false()))
RUNBOOK: Final = Noun("Runbook", runbooks, _of_its_own(runbooks, runbooks.c.public))


async def allocation_of_node(connection: AsyncConnection, node_uuid: str) -> Ownership | None:
    """Whose allocation the node serves."""
    query = ALLOCATION.query.where(allocations.c.node_uuid == node_uuid)
    row = (await connection.execute(query)).first()
    return Ownership(*row) if row is not None else None
