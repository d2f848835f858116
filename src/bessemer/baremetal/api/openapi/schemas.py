"""JSON schemas of objects, of the bodies that make and change them, and of errors."""

import re
from typing import Any, Final

from bessemer.baremetal.api.endpoints import Argument, Endpoint
from bessemer.baremetal.api.fields import Field, FieldTable, Write
from bessemer.baremetal.api.microversions import MINIMUM
from bessemer.baremetal.api.values import taken_by
from bessemer.json_types import Json, JsonObject

LINKS: Final[JsonObject] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"href": {"type": "string", "format": "uri"}, "rel": {"type": "string"}},
        "required": ["href", "rel"],
    },
}
MOMENT: Final[JsonObject] = {"type": ["string", "null"], "format": "date-time"}

FAULT: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "faultcode": {"enum": ["Client", "Server"]},
        "faultstring": {"type": "string", "description": "What happened, for people."},
        "debuginfo": {"type": "null"},
    },
    "required": ["faultcode", "faultstring", "debuginfo"],
}
ERROR: Final[JsonObject] = {
    "description": "A refusal. The text inside is JSON again: decode it a second time.",
    "type": "object",
    "properties": {
        "error_message": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/Fault"},
        }
    },
    "required": ["error_message"],
    "additionalProperties": False,
}
UNROUTED: Final[JsonObject] = {
    "description": "What answers for paths and methods that do not exist at all.",
    "type": "object",
    "properties": {
        "code": {"type": "integer"},
        "title": {"type": "string"},
        "description": {"type": "string"},
    },
    "required": ["code", "title", "description"],
    "additionalProperties": False,
}


def since(minor: int) -> dict[str, Json]:
    """The mark of what came after the first version."""
    return {} if minor <= MINIMUM.minor else {"x-since": f"{MINIMUM.major}.{minor}"}


def title(table: FieldTable[Any], of: str = "") -> str:
    """`Node`, `NodeCreation`: what its schema is called."""
    return "".join(word.capitalize() for word in re.split(r"[\s_-]+", table.noun)) + of


def shown(table: FieldTable[Any]) -> JsonObject:
    """The object in a reply: at the newest version, with every field or those asked for."""
    properties = {field.name: _shown(field) for field in table}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def creation(table: FieldTable[Any]) -> JsonObject:
    """The body of a POST."""
    writable = [field for field in table if Write.CREATE in field.write]
    schema: dict[str, Json] = {
        "type": "object",
        "properties": {field.name: {**field.takes, **since(field.since)} for field in writable},
        "additionalProperties": False,
    }
    required = [field.name for field in writable if field.required]
    return {**schema, "required": required} if required else schema


def patch(table: FieldTable[Any]) -> JsonObject:
    """The body of a PATCH: operations on the attributes that may be changed."""
    roots = "|".join(field.name for field in table if Write.PATCH in field.write)
    path = {"type": "string", "pattern": rf"^/({roots})(/[A-Za-z0-9_-]+)*$"}
    removes = {"type": "object", "properties": {"op": {"const": "remove"}, "path": path}}
    writes = {
        "type": "object",
        "properties": {"op": {"enum": ["add", "replace"]}, "path": path, "value": {}},
    }
    return {
        "description": "JSON patch (RFC 6902): add, replace and remove.",
        "type": "array",
        "items": {
            "oneOf": [
                {**removes, "required": ["op", "path"]},
                {**writes, "required": ["op", "path", "value"], "additionalProperties": False},
            ]
        },
    }


def arguments(rows: dict[str, Argument]) -> JsonObject:
    """A body that is no object's fields."""
    schema: dict[str, Json] = {
        "type": "object",
        "properties": {
            name: {**taken_by(row.check), **since(row.since)} for name, row in rows.items()
        },
        "additionalProperties": False,
    }
    required = [name for name, row in rows.items() if row.required]
    return {**schema, "required": required} if required else schema


def components(rows: tuple[Endpoint, ...]) -> dict[str, JsonObject]:
    """Every schema that the operations refer to, by its title."""
    found: dict[str, JsonObject] = {"Fault": FAULT, "Error": ERROR, "Unrouted": UNROUTED}
    for row in rows:
        if row.table is None:
            continue
        found[title(row.table)] = shown(row.table)
        if row.method == "POST":
            found[title(row.table, "Creation")] = creation(row.table)
        if row.method == "PATCH":
            found[title(row.table, "Patch")] = patch(row.table)
    return dict(sorted(found.items()))


def _shown(field: Field[Any]) -> JsonObject:
    schema = dict(field.shows) or _by_name(field.name)
    schema.pop("default", None)
    if field.write is Write.NEVER:
        schema["readOnly"] = True
    if field.column is not None:
        schema["x-sortable"] = True
    return {**schema, **since(field.since)}


def _by_name(name: str) -> dict[str, Json]:
    if name == "links":
        return dict(LINKS)
    return dict(MOMENT) if name.endswith("_at") else {}
