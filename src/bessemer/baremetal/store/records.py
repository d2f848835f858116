"""What every kind of prepared object needs of SQL: add, get, list, save and remove, in one place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import (
    ColumnElement,
    Delete,
    Insert,
    Row,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.store.paging import Order
from bessemer.baremetal.store.sealing import SecretBox, box_of
from bessemer.clock import now
from bessemer.db import locks
from bessemer.db.constraints import duplicated
from bessemer.errors import Conflict, NotFound


class Identified(Protocol):
    """A dataclass with a uuid, which knows when it was written."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def uuid(self) -> str: ...
    @property
    def created_at(self) -> datetime | None: ...
    @property
    def updated_at(self) -> datetime | None: ...


Record = TypeVar("Record", bound=Identified)


@dataclass(frozen=True, slots=True)
class Records(Generic[Record]):
    """One table of objects that have a uuid. `noun` is for messages; `made` turns a row into one.

    `columns` turns an object's fields into columns where they differ. Both get the box that seals
    and opens what is secret.
    """

    table: Table
    noun: str
    made: Callable[[Mapping[str, Any], SecretBox], Record]
    columns: Callable[[dict[str, Any], SecretBox], dict[str, Any]] = lambda values, _box: values

    async def add(self, connection: AsyncConnection, thing: Record) -> Record:
        """Insert. Raises Conflict when its uuid or name is taken."""
        values = self._columns(connection, thing)
        try:
            row = {"created_at": now(), **values}
            await connection.execute(_statements_of(self.table).add, row)
        except IntegrityError as error:
            raise self._duplicate(values, error) from error
        return await self.get(connection, values["uuid"])

    async def get(
        self,
        connection: AsyncConnection,
        ident: str,
        conditions: Sequence[ColumnElement[bool]] = (),
    ) -> Record:
        """By uuid, else by name where there are names. Raises NotFound."""
        for by in _statements_of(self.table).by:
            query = by.on(connection)
            if conditions:
                query = query.where(*conditions)
            row = (await connection.execute(query, {"of": ident})).first()
            if row is not None:
                return self._thing(connection, row)
        raise NotFound(f"{self.noun.capitalize()} {ident[:255]} could not be found.")

    async def list(
        self,
        connection: AsyncConnection,
        conditions: Sequence[ColumnElement[bool]] = (),
        order: Order | None = None,
        limit: int | None = None,
    ) -> list[Record]:
        """A page. The order's marker may be a name. Raises Invalid for an unknown one."""
        order = await self._by_uuid(connection, order or Order(self.table))
        query = await order.of(connection, select(self.table).where(*conditions))
        rows = (await connection.execute(query.limit(limit))).all()
        return [self._thing(connection, row) for row in rows]

    async def found(
        self, connection: AsyncConnection, query: Select[Any], wanted: Mapping[str, Any]
    ) -> Sequence[Record]:
        """What a query on the table finds that was made before."""
        rows = (await connection.execute(query, wanted)).all()
        return [self._thing(connection, row) for row in rows]

    async def save(self, connection: AsyncConnection, thing: Record) -> Record:
        """Write all of it. Raises NotFound, Conflict."""
        values = self._columns(connection, thing)
        row = {"of": values["uuid"], "updated_at": now(), **values}
        try:
            await connection.execute(_statements_of(self.table).change, row)
        except IntegrityError as error:
            raise self._duplicate(values, error) from error
        return await self.get(connection, values["uuid"])

    async def remove(self, connection: AsyncConnection, uuid: str) -> None:
        """Delete."""
        await connection.execute(_statements_of(self.table).remove, {"of": uuid})

    async def _by_uuid(self, connection: AsyncConnection, order: Order) -> Order:
        if order.marker is None or "name" not in self.table.c:
            return order
        called = select(self.table.c.uuid).where(self.table.c.name == order.marker)
        uuid = (await connection.execute(called)).scalar()
        if uuid is None:
            return order
        return Order(order.table, order.sort_key, order.descending, uuid)

    def _thing(self, connection: AsyncConnection, row: Row[Any]) -> Record:
        values = dict(row._mapping)
        del values["id"]
        return self.made(values, box_of(connection))

    def _columns(self, connection: AsyncConnection, thing: Record) -> dict[str, Any]:
        values = {each.name: getattr(thing, each.name) for each in fields(thing)}
        del values["created_at"], values["updated_at"]
        return self.columns(values, box_of(connection))

    def _duplicate(self, values: Mapping[str, Any], error: IntegrityError) -> Conflict:
        columns = duplicated(error)
        if not columns:
            return Conflict(f"The {self.noun} clashes with another one: {error.orig}.")
        taken = " and ".join(f"{column} {values[column]}" for column in columns)
        return Conflict(f"A {self.noun} with {taken} already exists.")


@dataclass(frozen=True, slots=True)
class _Statements:
    """Made once for each table."""

    add: Insert
    by: Sequence[locks.Keeping]
    change: Update
    remove: Delete


@cache
def _statements_of(table: Table) -> _Statements:
    names = (table.c[name] for name in ("uuid", "name") if name in table.c)
    return _Statements(
        add=insert(table),
        by=[locks.Keeping(select(table).where(column == bindparam("of"))) for column in names],
        change=update(table).where(table.c.uuid == bindparam("of")),
        remove=delete(table).where(table.c.uuid == bindparam("of")),
    )
