"""SQL for flavors."""

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.compute.domain.flavor import Flavor
from bessemer.compute.store.tables import flavors
from bessemer.db.locks import kept
from bessemer.errors import Conflict, NotFound


def _flavor(row: RowMapping) -> Flavor:
    return Flavor(**row)


async def add_flavor(connection: AsyncConnection, flavor: Flavor) -> None:
    """Raises Conflict when id or name is taken."""
    try:
        await connection.execute(insert(flavors).values(**asdict(flavor)))
    except IntegrityError as error:
        raise Conflict(
            f"Flavor with ID {flavor.id} or name {flavor.name} already exists."
        ) from error


async def find_flavor(connection: AsyncConnection, ident: str) -> Flavor | None:
    """By id."""
    query = kept(connection, select(flavors).where(flavors.c.id == ident))
    rows = await connection.execute(query)
    row = rows.mappings().first()
    return None if row is None else _flavor(row)


async def get_flavor(connection: AsyncConnection, ident: str) -> Flavor:
    """By id. Raises NotFound."""
    flavor = await find_flavor(connection, ident)
    if flavor is None:
        raise NotFound(f"Flavor {ident} could not be found.")
    return flavor


async def list_flavors(connection: AsyncConnection) -> list[Flavor]:
    """All, smallest first."""
    rows = await connection.execute(
        select(flavors).order_by(flavors.c.ram, flavors.c.vcpus, flavors.c.id)
    )
    return [_flavor(row) for row in rows.mappings()]


async def set_extra_specs(
    connection: AsyncConnection, ident: str, specs: Mapping[str, str]
) -> None:
    """Replace all of them."""
    await connection.execute(
        update(flavors).where(flavors.c.id == ident).values(extra_specs=dict(specs))
    )


async def set_description(connection: AsyncConnection, ident: str, description: str | None) -> None:
    """The one field of a flavor that may change."""
    await connection.execute(
        update(flavors).where(flavors.c.id == ident).values(description=description)
    )


async def remove_flavor(connection: AsyncConnection, ident: str) -> None:
    """Servers keep their own copy. Raises NotFound."""
    done = await connection.execute(delete(flavors).where(flavors.c.id == ident))
    if not done.rowcount:
        raise NotFound(f"Flavor {ident} could not be found.")
