"""The API reference in Markdown: per endpoint what it does, per object its fields."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.fields import Field, FieldTable, Write
from bessemer.baremetal.api.microversions import MAXIMUM, MINIMUM
from bessemer.baremetal.api.queries import PAGING
from bessemer.baremetal.api.values import taken_by
from bessemer.json_types import JsonObject

_OPENING: Final = f"""\
# The bare metal API

Written by `make docs` from the tables that the server itself works by; do not edit it. The same as
OpenAPI is at `/openapi.json`, or from `bessemer openapi`.

Compatible with Ironic's API, microversions {MINIMUM} to {MAXIMUM}. *Since* is the microversion that
something came with; below it, an endpoint answers 404, a field is left out of replies, and a request
that names it is refused with 406. Everything is found again below `/baremetal`.
"""
_WRITERS: Final = {
    Write.NEVER: "",
    Write.CREATE: "POST",
    Write.PATCH: "PATCH",
    Write.BOTH: "POST, PATCH",
}


def reference_page(operators: Sequence[Endpoint], ramdisk: Sequence[Endpoint]) -> str:
    """The whole page."""
    homes = _homes(operators)
    parts = [_OPENING, _lists()]
    for chapter in dict.fromkeys(map(_chapter, operators)):
        rows = [row for row in operators if _chapter(row) == chapter]
        owned = [table for table, home in homes if home == chapter]
        parts += [f"## {chapter}\n", *map(_endpoint, rows), *map(_fields, owned)]
    parts.append("## What a booted ramdisk asks\n\nOn the provisioning network's listener only.\n")
    parts += [_endpoint(row) for row in ramdisk]
    return "\n".join(parts)


def _chapter(row: Endpoint) -> str:
    return row.path.split("/")[1]


def _homes(rows: Sequence[Endpoint]) -> list[tuple[FieldTable[Any], str]]:
    """Each table once, with the chapter of its own collection, else of the first row that shows it."""
    found: dict[int, tuple[FieldTable[Any], str]] = {}
    for row in sorted(rows, key=lambda row: "{" in row.path):
        if row.table is not None:
            found.setdefault(id(row.table), (row.table, _chapter(row)))
    return list(found.values())


def _lists() -> str:
    return "## Every list\n\n" + _query(PAGING, "The query of every list may hold") + "\n"


def _endpoint(row: Endpoint) -> str:
    lines = [f"### {row.method} `/v1{row.path}`\n", f"{row.summary}\n"]
    lines.append(f"Since 1.{row.since} · policy `{row.policy}` · answers {row.status}\n")
    if row.filters:
        lines.append(_query(row.filters, "Query"))
    for name, argument in row.arguments.items():
        needed = ", required" if argument.required else ""
        taken = _words(taken_by(argument.check))
        lines.append(f"- body `{name}`{_since(argument.since)}{needed}{taken and f': {taken}'}")
    if row.arguments:
        lines.append("")
    return "\n".join(lines)


def _query(parameters: Mapping[str, Any], opening: str) -> str:
    named = (f"`{name}`{_since(each.since)}" for name, each in parameters.items())
    return f"{opening}: {', '.join(named)}.\n"


def _since(minor: int) -> str:
    return f" (1.{minor})" if minor > MINIMUM.minor else ""


def _fields(table: FieldTable[Any]) -> str:
    lines = [
        f"### Fields of {'an' if table.noun[0] in 'aeiou' else 'a'} {table.noun}\n",
        "| Field | Since | Written by | Sortable | In plain lists | Takes |",
        "|---|---|---|---|---|---|",
        *map(_field, table),
    ]
    return "\n".join(lines) + "\n"


def _field(field: Field[Any]) -> str:
    cells = (
        f"`{field.name}`",
        f"1.{field.since}",
        _WRITERS[field.write] + (" (required)" if field.required else ""),
        "yes" if field.column else "",
        "yes" if field.summary else "",
        _words(field.takes),
    )
    return "| " + " | ".join(cells) + " |"


def _words(schema: JsonObject) -> str:
    """A schema in words, as far as words are shorter."""
    if {"type": "boolean"} in schema.get("anyOf", ()):
        return "boolean"
    if "anyOf" in schema:
        return " or ".join(filter(None, (_words(each) for each in schema["anyOf"])))
    if "enum" in schema:
        return ", ".join(json.dumps(each) for each in schema["enum"])
    kinds = schema.get("type", [])
    said = " or ".join([kinds] if isinstance(kinds, str) else kinds)
    if "format" in schema:
        said += f" ({schema['format']})"
    if "maxLength" in schema:
        said += f", {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    return said
