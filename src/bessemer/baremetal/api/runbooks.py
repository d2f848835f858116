"""`/v1/runbooks` and their traits: steps written down once, to clean and service nodes by name."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from starlette.responses import Response

from bessemer.baremetal.api.collection import Collection, Kind, Shown, links_below, of
from bessemer.baremetal.api.deploy_templates import trait_name
from bessemer.baremetal.api.endpoints import Argument, Endpoint, closed_early
from bessemer.baremetal.api.fields import Field, FieldTable, Write
from bessemer.baremetal.api.links import api_url
from bessemer.baremetal.api.names import logical_name
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.queries import Filter, truth, words
from bessemer.baremetal.api.steps_of_plans import (
    ARGUMENTS,
    STEP_NAME,
    StepShape,
    one_of,
    steps,
    whole,
    with_kept_secrets,
)
from bessemer.baremetal.api.values import (
    boolean,
    default,
    kept_by,
    mapping,
    optional,
    ruled,
    taken_by,
    text,
    uuid_text,
)
from bessemer.baremetal.domain.runbook import Runbook, RunbookStep
from bessemer.baremetal.domain.secret import masked
from bessemer.baremetal.operations import runbooks as runbook_operations
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store.runbooks import seen_by
from bessemer.baremetal.store.tables import runbooks
from bessemer.clock import iso8601
from bessemer.errors import Invalid
from bessemer.json_types import Json
from bessemer.web.routes import Call, Reply

TRAITS_SINCE: Final = 112
INTERFACES: Final = ("bios", "deploy", "firmware", "management", "power", "raid", "vendor")
_STEPS: Final = steps(
    StepShape(
        {"interface": one_of(*INTERFACES), "step": STEP_NAME, "args": ARGUMENTS, "order": whole},
        {"args": {}},
    )
)


def _steps(shown: Shown[Runbook], _minor: int) -> Json:
    return [{**asdict(step), "args": masked(step.args)} for step in shown.thing.steps]


# fmt: off
RUNBOOK: Final[FieldTable[Shown[Runbook]]] = FieldTable("runbook", (
    Field("uuid", of("uuid"), write=Write.CREATE, check=optional(uuid_text), column="uuid",
          summary=True),
    Field("name", of("name"), 1, Write.BOTH, logical_name, column="name", summary=True,
          required=True),
    Field("description", of("description"), 112, Write.BOTH, optional(text(255)),
          column="description"),
    Field("steps", _steps, 1, Write.BOTH, _STEPS, required=True),
    Field("disable_ramdisk", of("disable_ramdisk"), 1, Write.BOTH, default(False, boolean),
          column="disable_ramdisk"),
    Field("public", of("public"), 1, Write.BOTH, default(False, boolean), column="public"),
    Field("owner", of("owner"), 1, Write.BOTH, optional(text(255, least=1)), column="owner"),
    Field("traits", lambda shown, _: sorted(shown.thing.traits), TRAITS_SINCE,
          shape={"type": "array", "items": {"type": "string"}}),
    Field("extra", of("extra"), 1, Write.BOTH, default({}, mapping)),
    Field("links", links_below("runbooks"), summary=True, always=True),
    Field("created_at", lambda shown, _: iso8601(shown.thing.created_at), column="created_at"),
    Field("updated_at", lambda shown, _: iso8601(shown.thing.updated_at), column="updated_at"),
))
# fmt: on


def _as_fields(values: Mapping[str, Json]) -> dict[str, Any]:
    found = dict(values)
    if "steps" in found:
        found["steps"] = tuple(RunbookStep(**step) for step in found["steps"])
    return found


def _altered(runbook: Runbook, changes: Mapping[str, Json]) -> Runbook:
    """The runbook with the changes; what becomes public belongs to nobody any more."""
    if "steps" in changes:
        known = _document(runbook)["steps"]
        changes = {**changes, "steps": with_kept_secrets(changes["steps"], known)}
    freed = {"owner": None} if changes.get("public") and "owner" not in changes else {}
    return replace(runbook, **{**freed, **_as_fields(changes)})


def _document(runbook: Runbook) -> dict[str, Json]:
    kept = ("name", "description", "disable_ramdisk", "public", "owner", "extra")
    written = [asdict(step) for step in runbook.steps]
    return {**{name: getattr(runbook, name) for name in kept}, "steps": written}


KIND: Final = Kind(
    name="runbooks",
    noun="runbook",
    since=92,
    table=RUNBOOK,
    made=lambda values: Runbook(**_as_fields(values)),
    altered=_altered,
    document=_document,
    filters={"project": Filter(words), "public": Filter(truth)},
    conditions={"project": runbooks.c.owner.__eq__, "public": runbooks.c.public.is_},
    narrowed=seen_by,
)


def _named_by_traits(row: Endpoint) -> Endpoint:
    """The row that makes runbooks: before 1.112 their names are traits of nodes."""

    async def create(call: Call) -> Reply | Response:
        if call.version.minor < TRAITS_SINCE:
            trait_name("name", call.body.get("name", ""))
        return await row.handler(call)

    create.__doc__ = row.handler.__doc__
    return replace(row, handler=create)


@ruled({"type": "array", "items": taken_by(trait_name), "maxItems": runbook_operations.MAX_TRAITS})
def trait_names(name: str, value: Json) -> Json:
    """A list of traits."""
    if not isinstance(value, list):
        raise Invalid(f"{name} must be a list of traits.")
    return sorted({str(trait_name(name, each)) for each in value})


TRAITS: Final[Mapping[str, Argument]] = {"traits": Argument(trait_names, required=True)}
TRAITS_SHAPE: Final = {"type": "object", "properties": {"traits": kept_by(trait_names)}}


@dataclass(frozen=True, slots=True)
class RunbooksApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        every, one = "/runbooks/{ident}/traits", "/runbooks/{ident}/traits/{trait}"
        get, update, since = "baremetal:runbook:get", "baremetal:runbook:update", TRAITS_SINCE
        plain = Collection(KIND, runbook_operations.runbooks(self.desk)).endpoints()
        return (
            *closed_early(
                [_named_by_traits(row) if row.method == "POST" else row for row in plain]
            ),
            Endpoint("GET", every, self.traits, get, since, reply=TRAITS_SHAPE),
            Endpoint(
                "PUT",
                every,
                self.set_traits,
                update,
                since,
                body=dict,
                status=204,
                arguments=TRAITS,
            ),
            Endpoint("PUT", one, self.add_trait, update, since, status=204),
            Endpoint("DELETE", every, self.remove_traits, update, since, status=204),
            Endpoint("DELETE", one, self.remove_trait, update, since, status=204),
        )

    async def traits(self, call: Call) -> Reply:
        """The traits of the nodes that the runbook is for."""
        runbook = await runbook_operations.runbooks(self.desk).get(ident_of(call))
        return Reply({"traits": sorted(runbook.traits)})

    async def set_traits(self, call: Call) -> Reply:
        """Replace all traits."""
        if set(call.body) != {"traits"}:
            raise Invalid("The body is an object with traits, and nothing else.")
        wanted = trait_names("traits", call.body["traits"])
        await runbook_operations.set_traits(self.desk, ident_of(call), wanted)
        return Reply()

    async def add_trait(self, call: Call) -> Reply:
        """Add one trait."""
        wanted = str(trait_name("trait", call.path["trait"]))
        runbook = await runbook_operations.add_trait(self.desk, ident_of(call), wanted)
        path = f"runbooks/{runbook.uuid}/traits/{wanted}"
        return Reply(headers={"Location": f"{api_url(call)}/v1/{path}"})

    async def remove_traits(self, call: Call) -> Reply:
        """Remove all traits."""
        await runbook_operations.set_traits(self.desk, ident_of(call), ())
        return Reply()

    async def remove_trait(self, call: Call) -> Reply:
        """Remove one trait; one that is not there is no error."""
        await runbook_operations.remove_trait(self.desk, ident_of(call), call.path["trait"])
        return Reply()
