"""The API reference in Markdown: per endpoint what it does, per object its fields."""

import json
from collections.abc import Iterable, Mapping, Sequence
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
    chapters = {row.path.split("/")[1]: None for row in operators}
    parts = [_OPENING, _lists()]
    for name in chapters:
        rows = [row for row in operators if row.path.split("/")[1] == name]
        parts += [f"## {name}\n", *map(_endpoint, rows), *map(_fields, _owned(rows, name))]
    parts.append("## What a booted ramdisk asks\n\nOn the provisioning network's listener only.\n")
    parts += [_endpoint(row) for row in ramdisk]
    return "\n".join(parts)


def _owned(rows: Iterable[Endpoint], chapter: str) -> list[FieldTable[Any]]:
    """The tables of the objects that are at home in this chapter, each once."""
    found: dict[int, FieldTable[Any]] = {}
    for row in rows:
        owned = chapter != "nodes" or row.table is None or row.path.count("/") < 3
        if row.table is not None and (owned or row.table.noun.startswith(("bios", "firmware"))):
            found[id(row.table)] = row.table
    return list(found.values())


def _lists() -> str:
    return "## Every list\n\n" + _query(PAGING, "The query of every list may hold") + "\n"


def _endpoint(row: Endpoint) -> str:
    lines = [f"### {row.method} `/v1{row.path}`\n", f"{row.summary}\n"]
    lines.append(
        f"Since 1.{row.since} · policy `{row.policy}` · {row.access.value} · answers {row.status}\n"
    )
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
        f"### Fields of a {table.noun}\n",
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
