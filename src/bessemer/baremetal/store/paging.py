"""Pages by key: the rows after a marker, in any column's order, nulls lowest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.store.tables import leases, nodes
from bessemer.clock import now
from bessemer.errors import Invalid

WITHIN: Final[Mapping[str, str]] = {f"{kind}_interface": str(kind) for kind in InterfaceKind}
"""Sort keys that are no columns, but found within the column `interfaces`."""

HOLDER: Final = "reservation"
"""Sort key of nodes: who works on them at the moment, which their leases tell."""


@dataclass(frozen=True, slots=True)
class Order:
    """By which column of which table, and after which row (`marker` is its uuid)."""

    table: Table
    sort_key: str = "id"
    descending: bool = False
    marker: str | None = None

    @property
    def key(self) -> ColumnElement[Any]:
        """What is sorted by."""
        if self.sort_key in WITHIN:
            within: ColumnElement[Any] = self.table.c.interfaces[WITHIN[self.sort_key]].as_string()
            return within
        if self.sort_key == HOLDER:
            return _holder()
        return self.table.c[self.sort_key]

    async def of(self, connection: AsyncConnection, query: Select[Any]) -> Select[Any]:
        """The query, ordered and begun after the marker. Raises Invalid for an unknown marker."""
        key, row_id = self.key, self.table.c.id
        if self.marker is not None:
            found = select(key, row_id).where(self.table.c.uuid == self.marker)
            row = (await connection.execute(found)).first()
            if row is None:
                raise Invalid(f"Marker {self.marker[:80]!r} could not be found.")
            query = query.where(self._beyond(row[0], row[1]))
        if self.descending:
            return query.order_by(key.desc().nulls_last(), row_id.desc())
        return query.order_by(key.asc().nulls_first(), row_id)

    def _beyond(self, value: Any, row_id: int) -> ColumnElement[bool]:
        key, ids = self.key, self.table.c.id
        after_id = ids < row_id if self.descending else ids > row_id
        if value is None:
            tie = and_(key.is_(None), after_id)
            return tie if self.descending else or_(tie, key.is_not(None))
        tie = and_(key == value, after_id)
        return or_(key < value, tie, key.is_(None)) if self.descending else or_(key > value, tie)


def _holder() -> ColumnElement[Any]:
    lease = leases.alias()
    held = (lease.c.node_uuid == nodes.c.uuid) & (lease.c.until >= now())
    return select(lease.c.owner).where(held).correlate(nodes).scalar_subquery()
