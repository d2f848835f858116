"""Runbooks in SQL, the arguments of their steps sealed, and which of them a project sees."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import ColumnElement, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.runbook import Runbook, RunbookStep
from bessemer.baremetal.store.records import Records
from bessemer.baremetal.store.sealing import SecretBox, with_open_args, with_sealed_args
from bessemer.baremetal.store.tables import runbooks


def _made(row: Mapping[str, Any], box: SecretBox) -> Runbook:
    steps = tuple(RunbookStep(**step) for step in with_open_args(box, row["steps"]))
    return Runbook(**{**row, "steps": steps, "traits": frozenset(row["traits"])})


def _columns(values: dict[str, Any], box: SecretBox) -> dict[str, Any]:
    steps = with_sealed_args(box, map(asdict, values["steps"]))
    return {**values, "steps": steps, "traits": sorted(values["traits"])}


RUNBOOKS: Final = Records(runbooks, "runbook", _made, _columns)


def seen_by(project_id: str | None) -> ColumnElement[bool]:
    """Condition: public, or of this project."""
    public = runbooks.c.public.is_(True)
    return public if project_id is None else or_(public, runbooks.c.owner == project_id)


async def get(
    connection: AsyncConnection, ident: str, conditions: Sequence[ColumnElement[bool]] = ()
) -> Runbook:
    """By uuid, else by name. Raises NotFound, also for one that fails the conditions."""
    return await RUNBOOKS.get(connection, ident, conditions)
