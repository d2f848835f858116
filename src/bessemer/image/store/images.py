"""SQL for single images."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.db.locks import kept
from bessemer.image.domain.image import Image, Status, Visibility
from bessemer.image.store.tables import images, properties, tags


async def find_image(connection: AsyncConnection, image_id: str) -> Image | None:
    """By id."""
    query = kept(connection, select(images).where(images.c.id == image_id))
    rows = (await connection.execute(query)).mappings().all()
    found = await with_details(connection, rows)
    return found[0] if found else None


async def ids_named(connection: AsyncConnection, name: str) -> Sequence[str]:
    """Ids of the images of this name."""
    return (
        (await connection.execute(select(images.c.id).where(images.c.name == name))).scalars().all()
    )


async def ids_received_by(connection: AsyncConnection, receiver: str) -> Sequence[str]:
    """Ids of the images whose upload comes to this directory, or to one that was not noted."""
    mine = or_(images.c.receiver == receiver, images.c.receiver.is_(None))
    query = select(images.c.id).where(images.c.status == Status.SAVING, mine)
    return (await connection.execute(query)).scalars().all()


async def ids_in(connection: AsyncConnection, status: Status) -> Sequence[str]:
    """Ids of the images in this status."""
    rows = await connection.execute(select(images.c.id).where(images.c.status == status))
    return rows.scalars().all()


async def with_details(connection: AsyncConnection, rows: Sequence[RowMapping]) -> list[Image]:
    """Images from rows of the table, in the same order: two more queries, however many they are."""
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    own: dict[str, dict[str, str]] = {image_id: {} for image_id in ids}
    marked: dict[str, set[str]] = {image_id: set() for image_id in ids}
    for row in await connection.execute(select(properties).where(properties.c.image_id.in_(ids))):
        own[row.image_id][row.name] = row.value
    for row in await connection.execute(select(tags).where(tags.c.image_id.in_(ids))):
        marked[row.image_id].add(row.value)
    return [_image(row, own[row["id"]], marked[row["id"]]) for row in rows]


def _image(row: RowMapping, own: Mapping[str, str], marked: set[str]) -> Image:
    values = {name: value for name, value in row.items() if name != "receiver"} | {
        "status": Status(row["status"]),
        "visibility": Visibility(row["visibility"]),
    }
    return Image(**values, properties=own, tags=frozenset(marked))


def _columns(image: Image) -> dict[str, Any]:
    values = asdict(image)
    del values["properties"], values["tags"]
    return values


async def add_image(connection: AsyncConnection, image: Image) -> None:
    """Raises sqlalchemy's IntegrityError when the id is taken."""
    await connection.execute(insert(images).values(**_columns(image)))
    await _write_details(connection, image)


async def save_image(connection: AsyncConnection, image: Image) -> None:
    """Everything but the status, which only `set_status` changes."""
    values = _columns(image)
    del values["status"]
    await connection.execute(update(images).where(images.c.id == image.id).values(**values))
    for table in (properties, tags):
        await connection.execute(delete(table).where(table.c.image_id == image.id))
    await _write_details(connection, image)


async def _write_details(connection: AsyncConnection, image: Image) -> None:
    if image.properties:
        own = [{"image_id": image.id, "name": n, "value": v} for n, v in image.properties.items()]
        await connection.execute(insert(properties), own)
    if image.tags:
        marked = [{"image_id": image.id, "value": value} for value in sorted(image.tags)]
        await connection.execute(insert(tags), marked)


async def set_status(
    connection: AsyncConnection, image_id: str, before: Status, after: Status, **values: Any
) -> bool:
    """Compare and set, with further columns; False when the image is gone or in another status."""
    done = await connection.execute(
        update(images)
        .where(images.c.id == image_id, images.c.status == before)
        .values(status=after, **values)
    )
    return bool(done.rowcount)


async def remove_image(connection: AsyncConnection, image_id: str) -> None:
    """Idempotent."""
    for table in (properties, tags):
        await connection.execute(delete(table).where(table.c.image_id == image_id))
    await connection.execute(delete(images).where(images.c.id == image_id))
