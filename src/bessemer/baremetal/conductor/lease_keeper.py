"""Keeps a lease while something slow is done under it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from bessemer.baremetal.domain.lease import Lease, LeaseLost, Span
from bessemer.baremetal.store import leases
from bessemer.clock import now
from bessemer.db.engine import Database
from bessemer.errors import Transient, Unavailable


@asynccontextmanager
async def renewing(database: Database, duration: timedelta, lease: Lease) -> AsyncIterator[None]:
    """Keep the lease while the body runs; stop the body with LeaseLost when it is lost."""
    body = asyncio.current_task()
    lost = False

    async def renew() -> None:
        nonlocal lost
        while True:
            await asyncio.sleep(duration.total_seconds() / 3)
            try:
                async with database.write_one() as connection:
                    await leases.renew(connection, lease, Span(now(), duration))
            except (Unavailable, Transient):
                continue  # while the database is away nobody takes the lease either
            except LeaseLost:
                lost = True
                if body is not None:
                    body.cancel()
                return

    renewal = asyncio.create_task(renew())
    try:
        yield
    except asyncio.CancelledError:
        if lost:
            raise LeaseLost(f"Node {lease.node_uuid} was taken over.") from None
        raise
    finally:
        renewal.cancel()
        await asyncio.gather(renewal, return_exceptions=True)
