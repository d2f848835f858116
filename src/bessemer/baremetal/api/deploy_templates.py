"""`/v1/deploy_templates`: steps that a deploy runs besides its own when a trait asks for them."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from bessemer.baremetal.api.collection import Collection, Kind, Shown, links_below, of
from bessemer.baremetal.api.fields import Field, FieldTable, Write
from bessemer.baremetal.api.steps_of_plans import (
    ARGUMENTS,
    STEP_NAME,
    StepShape,
    one_of,
    steps,
    whole,
    with_kept_secrets,
)
from bessemer.baremetal.api.values import default, mapping, optional, ruled, text, uuid_text
from bessemer.baremetal.domain.deploy_template import DeployTemplate, TemplateStep, trait
from bessemer.baremetal.domain.secret import masked
from bessemer.baremetal.operations.deploy_templates import deploy_templates
from bessemer.baremetal.operations.desk import Desk
from bessemer.clock import iso8601
from bessemer.json_types import Json

INTERFACES: Final = ("bios", "deploy", "firmware", "management", "power", "raid")
_STEPS: Final = steps(
    StepShape(
        {
            "interface": one_of(*INTERFACES),
            "step": STEP_NAME,
            "args": ARGUMENTS,
            "priority": whole,
        },
        {},
    )
)


@ruled({"type": "string", "maxLength": 255, "pattern": "^[A-Z0-9_]+$"})
def trait_name(name: str, value: Json) -> Json:
    """A trait."""
    return trait(name, str(text(255, least=1)(name, value)))


def _steps(shown: Shown[DeployTemplate], _minor: int) -> Json:
    return [{**asdict(step), "args": masked(step.args)} for step in shown.thing.steps]


# fmt: off
TEMPLATE: Final[FieldTable[Shown[DeployTemplate]]] = FieldTable("deploy template", (
    Field("uuid", of("uuid"), write=Write.CREATE, check=optional(uuid_text), column="uuid",
          summary=True),
    Field("name", of("name"), 1, Write.BOTH, trait_name, column="name", summary=True,
          required=True),
    Field("description", of("description"), 112, Write.BOTH, optional(text(255)),
          column="description"),
    Field("steps", _steps, 1, Write.BOTH, _STEPS, required=True),
    Field("extra", of("extra"), 1, Write.BOTH, default({}, mapping)),
    Field("links", links_below("deploy_templates"), summary=True, always=True),
    Field("created_at", lambda shown, _: iso8601(shown.thing.created_at), column="created_at"),
    Field("updated_at", lambda shown, _: iso8601(shown.thing.updated_at), column="updated_at"),
))
# fmt: on


def _as_fields(values: Mapping[str, Json]) -> dict[str, Any]:
    found = dict(values)
    if "steps" in found:
        found["steps"] = tuple(TemplateStep(**step) for step in found["steps"])
    return found


def _document(template: DeployTemplate) -> dict[str, Json]:
    return {
        "name": template.name,
        "description": template.description,
        "steps": [asdict(step) for step in template.steps],
        "extra": template.extra,
    }


def _altered(template: DeployTemplate, changes: Mapping[str, Json]) -> DeployTemplate:
    if "steps" in changes:
        known = _document(template)["steps"]
        changes = {**changes, "steps": with_kept_secrets(changes["steps"], known)}
    return replace(template, **_as_fields(changes))


KIND: Final = Kind(
    name="deploy_templates",
    noun="deploy_template",
    since=55,
    table=TEMPLATE,
    made=lambda values: DeployTemplate(**_as_fields(values)),
    altered=_altered,
    document=_document,
    list_policy="baremetal:deploy_template:get",
)


def deploy_templates_api(desk: Desk) -> Collection[DeployTemplate]:
    """Its handlers."""
    return Collection(KIND, deploy_templates(desk))
