"""Firmware components in SQL, as they were last read from each machine."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.firmware import FirmwareComponent
from bessemer.baremetal.store.tables import firmware_components
from bessemer.clock import now


async def replace_all(
    connection: AsyncConnection, node_uuid: str, components: Sequence[FirmwareComponent]
) -> None:
    """Keep these, and no others. A known component keeps its initial version and its beginning."""
    former = {each.component: each for each in await of_node(connection, node_uuid)}
    mine = firmware_components.c.node_uuid == node_uuid
    await connection.execute(delete(firmware_components).where(mine))
    rows = [
        {"node_uuid": node_uuid, **_row(each, former.get(each.component))} for each in components
    ]
    if rows:
        await connection.execute(insert(firmware_components), rows)


async def of_node(connection: AsyncConnection, node_uuid: str) -> tuple[FirmwareComponent, ...]:
    """All of one node, by name."""
    table = firmware_components
    query = select(table).where(table.c.node_uuid == node_uuid).order_by(table.c.component)
    rows = (await connection.execute(query)).mappings().all()
    return tuple(
        FirmwareComponent(**{key: value for key, value in row.items() if key != "node_uuid"})
        for row in rows
    )


def _row(component: FirmwareComponent, former: FirmwareComponent | None) -> dict[str, object]:
    row = asdict(component) | {"created_at": now(), "updated_at": None}
    if former is None:
        return row
    flashed = component.last_version_flashed or former.last_version_flashed
    changed = former.current_version != component.current_version
    return row | {
        "initial_version": former.initial_version,
        "last_version_flashed": flashed,
        "created_at": former.created_at,
        "updated_at": now() if changed else former.updated_at,
    }
