"""A list asks the database as often for a thousand objects as for one, plain and in detail."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Column, Table, UniqueConstraint, event, insert, select
from tests.api.baremetal.world import World, collections
from tests.unit.baremetal.api_rows import OPERATORS, ident

from bessemer.db.metadata import metadata

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY = 1000
LISTS = [row for row in OPERATORS if row.method == "GET" and row.key and row.pages]
URLS = [(row, query) for row in LISTS for query in ("", "?detail=True")]
PARENTS = [("/ports", "portgroup_uuid", "/portgroups"), ("/nodes", "chassis_uuid", "/chassis")]
NAMES = [f"{ident(row)}{query}" for row, query in URLS]


_ours: ContextVar[bool] = ContextVar("ours", default=False)
"""Set where the request is made; the conductor's own tasks do not see it."""


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The statements that the request runs meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if _ours.get():
            seen.append(statement)

    engine = world.cloud.desk.shelves.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    token = _ours.set(True)
    try:
        yield seen
    finally:
        _ours.reset(token)
        event.remove(engine, "before_cursor_execute", note)


def unique(table: Table) -> set[str]:
    """The columns of which no two rows may have the same values."""
    pairs = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    alone = {column.name for column in table.c if column.unique}
    return alone | {list(pair.columns)[-1].name for pair in pairs}


def fresh(column: Column[Any], number: int) -> Any:
    """A value that no other row has."""
    if column.name == "uuid":
        return str(uuid.uuid4())
    if column.name == "address":
        return f"52:54:01:00:{number >> 8:02x}:{number & 255:02x}"
    return 1000 + number if column.type.python_type is int else f"many-{number}"


async def multiply(world: World, table: Table) -> None:
    """Copy the table's first row until there are MANY."""
    async with world.cloud.desk.shelves.database.write() as connection:
        first = dict((await connection.execute(select(table).limit(1))).mappings().one())
        del first["id"]
        ours = [table.c[name] for name in unique(table) if first[name] is not None]
        rows = [
            {**first, **{column.name: fresh(column, number) for column in ours}}
            for number in range(1, MANY)
        ]
        await connection.execute(insert(table), rows)


async def asked(world: World) -> dict[str, tuple[int, int]]:
    """Per list: how many objects it shows, and how many statements that takes."""
    found = {}
    for name, (row, query) in zip(NAMES, URLS, strict=True):
        with counted(world) as statements:
            answer = await world.get(world.url(row) + query)
        assert answer.status == 200, answer.content
        found[name] = (len(answer.json[row.key]), len(statements))
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(world: World):
    for child, name, parent in PARENTS:
        answer = await world.cloud.patch(
            f"/v1{child}/{world.made[child]['uuid']}",
            ("add", f"/{name}", world.made[parent]["uuid"]),
        )
        assert answer.status == 200, answer.content
    few = await asked(world)
    for row in collections():
        if "{" not in row.path and not row.path.endswith("/detail"):
            await multiply(world, metadata.tables[f"baremetal{row.path.replace('/', '_')}"])
    return few, await asked(world)


@pytest.mark.parametrize("name", NAMES)
async def test_a_thousand_cost_as_many_statements_as_one(both, name):
    few, many = both
    assert many[name][1] == few[name][1] <= 12


@pytest.mark.parametrize("row", collections(), ids=ident)
async def test_there_really_were_a_thousand(both, row):
    few, many = both
    assert few[ident(row)][0] < 10
    assert many[ident(row)][0] >= MANY - 1
