"""Prepared objects as an inventory: get, list, create, change and delete those of one table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic

from sqlalchemy import ColumnElement

from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store.paging import Order
from bessemer.baremetal.store.records import Record, Records


def accept(_thing: object) -> None:
    """A check that is content with everything."""


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Which objects, in which order. `marker`: the uuid or name of the last one seen."""

    conditions: Sequence[ColumnElement[bool]] = ()
    limit: int | None = None
    marker: str | None = None
    sort_column: str = "id"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Keeping(Generic[Record]):
    """What can be done with the objects of one table, each in a transaction of its own.

    `check` raises Invalid for an object that contradicts itself.
    """

    desk: Desk
    records: Records[Record]
    check: Callable[[Record], None] = accept

    async def get(self, ident: str) -> Record:
        """By uuid or name. Raises NotFound."""
        async with self.desk.reading() as connection:
            return await self.records.get(connection, ident)

    async def list(self, page: RecordPage) -> list[Record]:
        """One page. Raises Invalid for an unknown marker."""
        order = Order(self.records.table, page.sort_column, page.descending, page.marker)
        async with self.desk.reading() as connection:
            return await self.records.list(connection, page.conditions, order, page.limit)

    async def create(self, thing: Record) -> Record:
        """Add it. Raises Invalid, Conflict (uuid or name taken)."""
        self.check(thing)
        async with self.desk.shelves.database.write() as connection:
            return await self.records.add(connection, thing)

    async def change(self, ident: str, alter: Callable[[Record], Record]) -> Record:
        """Apply `alter`. Raises NotFound, Invalid, Conflict."""
        async with self.desk.shelves.database.write() as connection:
            changed = alter(await self.records.get(connection, ident))
            self.check(changed)
            return await self.records.save(connection, changed)

    async def delete(self, ident: str, check: Callable[[Record], None] = accept) -> None:
        """Remove it. Raises NotFound, and what `check` does, which sees it as it is removed."""
        async with self.desk.shelves.database.write() as connection:
            thing = await self.records.get(connection, ident)
            check(thing)
            await self.records.remove(connection, thing.uuid)
