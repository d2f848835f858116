"""Deploy templates in SQL, the arguments of their steps sealed."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.deploy_template import DeployTemplate, TemplateStep
from bessemer.baremetal.store.records import Records
from bessemer.baremetal.store.sealing import SecretBox, with_open_args, with_sealed_args
from bessemer.baremetal.store.tables import deploy_templates


def _made(row: Mapping[str, Any], box: SecretBox) -> DeployTemplate:
    steps = tuple(TemplateStep(**step) for step in with_open_args(box, row["steps"]))
    return DeployTemplate(**{**row, "steps": steps})


def _columns(values: dict[str, Any], box: SecretBox) -> dict[str, Any]:
    return {**values, "steps": with_sealed_args(box, map(asdict, values["steps"]))}


DEPLOY_TEMPLATES: Final = Records(deploy_templates, "deploy template", _made, _columns)


async def find_by_names(
    connection: AsyncConnection, names: Collection[str]
) -> tuple[DeployTemplate, ...]:
    """Those of these traits that there is a template for, oldest first."""
    if not names:
        return ()
    called = deploy_templates.c.name.in_(sorted(names))
    return tuple(await DEPLOY_TEMPLATES.list(connection, [called]))
