"""Whose a thing is, in one cheap query: no JSON column is read, no row is joined but its node's."""

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
        columns = [self.table.c.uuid, *([self.table.c.name] if "name" in self.table.c else [])]
        query = self.query.where(or_(*(column == ident for column in columns)))
        found = [Ownership(*row) for row in (await connection.execute(query)).all()]
        return max(found, key=lambda each: each.uuid == ident, default=None)


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
