"""BIOS settings in SQL, as they were last read from each machine."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.bios import BiosSetting
from bessemer.baremetal.store.tables import bios_settings
from bessemer.clock import now


async def replace_all(
    connection: AsyncConnection, node_uuid: str, settings: Sequence[BiosSetting]
) -> None:
    """Keep these, and no others. A setting that stays as it was keeps its moments, too."""
    former = {each.name: each for each in await of_node(connection, node_uuid)}
    await connection.execute(delete(bios_settings).where(bios_settings.c.node_uuid == node_uuid))
    rows = [{"node_uuid": node_uuid, **_row(each, former.get(each.name))} for each in settings]
    if rows:
        await connection.execute(insert(bios_settings), rows)


async def of_node(connection: AsyncConnection, node_uuid: str) -> tuple[BiosSetting, ...]:
    """All of one node, by name."""
    query = select(bios_settings).where(bios_settings.c.node_uuid == node_uuid)
    rows = (await connection.execute(query.order_by(bios_settings.c.name))).mappings().all()
    found = ({key: value for key, value in row.items() if key != "node_uuid"} for row in rows)
    return tuple(_setting(values) for values in found)


def _setting(values: dict[str, object]) -> BiosSetting:
    allowed = values.get("allowable_values")
    words = tuple(allowed) if isinstance(allowed, list) else None
    return BiosSetting(**{**values, "allowable_values": words})  # type: ignore[arg-type]


def _row(setting: BiosSetting, former: BiosSetting | None) -> dict[str, object]:
    return {
        **asdict(setting),
        "allowable_values": None
        if setting.allowable_values is None
        else list(setting.allowable_values),
        "created_at": former.created_at if former is not None else now(),
        "updated_at": _updated_at(setting, former),
    }


def _updated_at(setting: BiosSetting, former: BiosSetting | None) -> datetime | None:
    if former is None:
        return None
    timeless = replace(former, created_at=None, updated_at=None)
    same = timeless == replace(setting, created_at=None, updated_at=None)
    return former.updated_at if same else now()
