"""Order, case, nulls, moments, big values: the same on each database."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from tests.databases import a_database

from bessemer.baremetal.store.tables import chassis, conductors, leases
from bessemer.compute.store.tables import payloads

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
NAMES = ["a", "B", "ä", "Z", "_", "z", "10", "9", "a-b", "ab", ""]


@pytest.fixture
async def database(tmp_path):
    async with a_database(tmp_path) as made:
        yield made


async def keep(database, *hostnames):
    rows = [
        {
            "hostname": hostname,
            "conductor_group": "",
            "drivers": ["b", "a", {"deep": [None, True, 1.5, "ü\u0000\ud800"]}],
            "incarnation": "1",
            "online": False,
            "created_at": MOMENT,
            "updated_at": MOMENT,
        }
        for hostname in hostnames
    ]
    async with database.write() as connection:
        await connection.execute(sa.insert(conductors), rows)


async def test_texts_are_ordered_by_code_point(database):
    await keep(database, *NAMES)
    column = conductors.c.hostname
    async with database.read() as connection:
        found = await connection.scalars(sa.select(column).order_by(column))
        assert list(found) == sorted(NAMES)
        above = await connection.scalars(sa.select(column).where(column > "Z"))
        assert set(above) == {name for name in NAMES if name > "Z"}


async def test_values_come_back_as_they_were(database):
    await keep(database, "host")
    async with database.read() as connection:
        row = (await connection.execute(sa.select(conductors))).one()
    assert row.created_at == MOMENT
    assert row.created_at.tzinfo is UTC
    assert row.online is False
    assert row.drivers == ["b", "a", {"deep": [None, True, 1.5, "ü\u0000\ud800"]}]


async def test_moments_compare_in_any_time_zone(database):
    await keep(database, "host")
    later = MOMENT.astimezone(UTC) + timedelta(microseconds=1)
    async with database.read() as connection:
        query = sa.select(sa.func.count()).select_from(conductors)
        assert await connection.scalar(query.where(conductors.c.created_at < later)) == 1
        assert await connection.scalar(query.where(conductors.c.created_at >= later)) == 0


async def test_names_differ_by_case(database):
    await keep(database, "host", "Host")
    async with database.read() as connection:
        query = sa.select(conductors.c.hostname).where(conductors.c.hostname == "Host")
        assert list(await connection.scalars(query)) == ["Host"]


async def test_bytes_come_back_as_they_were(database):
    content = bytes(range(256)) * 4000
    async with database.write() as connection:
        row = {"server_id": "1", "kind": "user_data", "content": content}
        await connection.execute(sa.insert(payloads).values(row))
    async with database.read() as connection:
        assert await connection.scalar(sa.select(payloads.c.content)) == content


async def test_an_error_in_a_transaction_leaves_nothing_of_it(database):
    async def fail():
        async with database.write() as connection:
            row = {"uuid": "1", "extra": {}, "created_at": MOMENT}
            await connection.execute(sa.insert(chassis).values(row))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(chassis)) == 0


@pytest.mark.parametrize("kind", ["read", "write"])
async def test_a_task_that_is_cancelled_within_a_statement_ends_as_cancelled(database, kind):
    asked = asyncio.Event()

    async def ask():
        async with getattr(database, kind)() as connection:
            asked.set()
            await connection.execute(sa.select(conductors))

    asking = asyncio.create_task(ask())
    await asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_single_statement_is_kept_without_a_transaction_around_it(database):
    row = {"node_uuid": "n", "epoch": 0}
    with pytest.raises(sa.exc.IntegrityError):  # of no node
        async with database.write_one() as connection:
            await connection.execute(sa.insert(leases), row)
    await keep(database, "host", "other")
    async with database.write_one() as connection:
        await connection.execute(sa.delete(conductors).where(conductors.c.hostname == "other"))
    async with database.read() as connection:
        assert list(await connection.scalars(sa.select(conductors.c.hostname))) == ["host"]
        assert await connection.scalar(sa.select(leases.c.epoch)) is None
