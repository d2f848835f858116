"""Inspection rules in SQL, what sensitive ones look for and do sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.inspection_rules.rule import InspectionRule, Operation
from bessemer.baremetal.store.records import Records
from bessemer.baremetal.store.sealing import SecretBox
from bessemer.baremetal.store.tables import inspection_rules


def _made(row: Mapping[str, Any], box: SecretBox) -> InspectionRule:
    return InspectionRule(
        **{
            **row,
            "conditions": tuple(Operation(**each) for each in box.open_whole(row["conditions"])),
            "actions": tuple(Operation(**each) for each in box.open_whole(row["actions"])),
        }
    )


def _columns(values: dict[str, Any], box: SecretBox) -> dict[str, Any]:
    lists = {name: [asdict(each) for each in values[name]] for name in ("conditions", "actions")}
    if values["sensitive"]:
        lists = {name: box.seal_whole(value) for name, value in lists.items()}
    return {**values, **lists}


INSPECTION_RULES: Final = Records(inspection_rules, "inspection rule", _made, _columns)


async def of_phase(connection: AsyncConnection, phase: str) -> Sequence[InspectionRule]:
    """The rules of one phase of inspection, oldest first."""
    return await INSPECTION_RULES.list(connection, [inspection_rules.c.phase == phase])


async def remove_all(connection: AsyncConnection) -> None:
    """Delete every rule."""
    await connection.execute(delete(inspection_rules))
