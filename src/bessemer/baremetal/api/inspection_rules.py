"""`/v1/inspection_rules`: what is to be done with what inspection finds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bessemer.baremetal.api.collection import Collection, Kind, Shown, links_below, of
from bessemer.baremetal.api.endpoints import Endpoint, closed_early
from bessemer.baremetal.api.fields import Field, FieldTable, Write
from bessemer.baremetal.api.queries import Filter, words
from bessemer.baremetal.api.steps_of_plans import one_of, whole
from bessemer.baremetal.api.values import (
    Checker,
    boolean,
    default,
    optional,
    ruled,
    text,
    uuid_text,
)
from bessemer.baremetal.domain.inspection_rules.actions import ACTIONS
from bessemer.baremetal.domain.inspection_rules.checks import CHECKS
from bessemer.baremetal.domain.inspection_rules.rule import (
    HIGHEST_PRIORITY,
    LONGEST_LOOP,
    MOST_OPERATIONS,
    MULTIPLE,
    PHASES,
    InspectionRule,
    Operation,
    read_actions,
    read_conditions,
)
from bessemer.baremetal.operations import inspection_rules as rule_operations
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store.tables import inspection_rules
from bessemer.clock import iso8601
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject
from bessemer.web.routes import Call, Reply

SINCE: Final = 96
_LOOP: Final[JsonObject] = {"type": ["array", "object", "null"], "maxItems": LONGEST_LOOP}


def _operations(
    names: Mapping[str, Any], read: Callable[[str, Json], tuple[Operation, ...]], *, least: int
) -> Checker:
    """A list of conditions or actions; kept as they were written."""
    properties: dict[str, JsonObject] = {
        "op": {"enum": list(names)},
        "args": {"type": ["array", "object"]},
        "loop": _LOOP,
    }
    if least == 0:
        properties["op"] = {"enum": [*names, *(f"!{name}" for name in names)]}
        properties["multiple"] = {"enum": [*MULTIPLE, None]}
    item: JsonObject = {
        "type": "object",
        "properties": properties,
        "required": ["op", "args"],
        "additionalProperties": False,
    }
    kinds = "array" if least else ["array", "null"]
    takes = {"type": kinds, "items": item, "minItems": least, "maxItems": MOST_OPERATIONS}

    @ruled(takes, {"type": ["array", "null"], "items": {"type": "object"}})
    def check(name: str, value: Json) -> Json:
        return [each.written() for each in read(name, value)]

    return check


@ruled(
    {
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": HIGHEST_PRIORITY},
            {"type": "string", "pattern": "^[0-9]{1,4}$"},
        ]
    },
    {"type": "integer"},
)
def priority(name: str, value: Json) -> Json:
    """A whole number; the rules with the highest come first."""
    number = whole(name, value)
    if number > HIGHEST_PRIORITY:
        raise Invalid(f"{name} must be from 0 to {HIGHEST_PRIORITY}.")
    return number


def _unless_sensitive(name: str) -> Callable[[Shown[InspectionRule], int], Json]:
    def show(shown: Shown[InspectionRule], _minor: int) -> Json:
        if shown.thing.sensitive:
            return None
        return [each.written() for each in getattr(shown.thing, name)]

    return show


# fmt: off
RULE: Final[FieldTable[Shown[InspectionRule]]] = FieldTable("inspection rule", (
    Field("uuid", of("uuid"), write=Write.CREATE, check=optional(uuid_text), column="uuid",
          summary=True),
    Field("description", of("description"), 1, Write.BOTH, optional(text(255)),
          column="description", summary=True),
    Field("phase", of("phase"), 1, Write.BOTH, default("main", one_of(*PHASES)), column="phase",
          summary=True),
    Field("priority", of("priority"), 1, Write.BOTH, default(0, priority), column="priority",
          summary=True),
    Field("sensitive", of("sensitive"), 1, Write.BOTH, default(False, boolean),
          column="sensitive"),
    Field("conditions", _unless_sensitive("conditions"), 1, Write.BOTH,
          _operations(CHECKS, read_conditions, least=0)),
    Field("actions", _unless_sensitive("actions"), 1, Write.BOTH,
          _operations(ACTIONS, read_actions, least=1), required=True),
    Field("links", links_below("inspection_rules"), summary=True, always=True),
    Field("created_at", lambda shown, _: iso8601(shown.thing.created_at), column="created_at"),
    Field("updated_at", lambda shown, _: iso8601(shown.thing.updated_at), column="updated_at"),
))
# fmt: on


def _as_fields(values: Mapping[str, Json]) -> dict[str, Any]:
    found = dict(values)
    for name in {"conditions", "actions"} & set(values):
        found[name] = tuple(Operation(**each) for each in values[name])
    return found


def _altered(rule: InspectionRule, changes: Mapping[str, Json]) -> InspectionRule:
    """The rule with the changes; what it hid stays hidden unless it is written anew."""
    opened = rule.sensitive and changes.get("sensitive") is False
    if opened and not {"conditions", "actions"} <= set(changes):
        raise Invalid(
            "sensitive: a rule that was sensitive shows its conditions and actions only when they "
            "are replaced in the same request."
        )
    return replace(rule, **_as_fields(changes))


def _document(rule: InspectionRule) -> dict[str, Json]:
    kept = ("description", "phase", "priority", "sensitive")
    written = {
        name: [each.written() for each in getattr(rule, name)] for name in ("conditions", "actions")
    }
    return {**{name: getattr(rule, name) for name in kept}, **written}


KIND: Final = Kind(
    name="inspection_rules",
    noun="inspection_rule",
    since=SINCE,
    table=RULE,
    made=lambda values: InspectionRule(**_as_fields(values)),
    altered=_altered,
    document=_document,
    list_policy="baremetal:inspection_rule:list_all",
    filters={"phase": Filter(words)},
    conditions={"phase": inspection_rules.c.phase.__eq__},
)


@dataclass(frozen=True, slots=True)
class InspectionRulesApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        plain = Collection(KIND, rule_operations.inspection_rules(self.desk))
        every = Endpoint(
            "DELETE",
            "/inspection_rules",
            self.delete_all,
            "baremetal:inspection_rule:delete",
            SINCE,
            status=204,
        )
        return closed_early([*plain.endpoints(), every])

    async def delete_all(self, _call: Call) -> Reply:
        """Remove every rule; those built in from a file stay."""
        await rule_operations.delete_all(self.desk)
        return Reply()
