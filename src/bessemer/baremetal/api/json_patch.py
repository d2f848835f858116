"""JSON patch (RFC 6902), as far as the bare metal API takes it: add, replace, remove. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bessemer.errors import Invalid
from bessemer.json_types import Json

_PATH: Final = re.compile(r"(/[\w-]+)+\Z")
_INDEX: Final = re.compile(r"(0|[1-9][0-9]{0,8})\Z")
_OPS: Final = ("add", "replace", "remove")
_DEEPEST: Final = 25


@dataclass(frozen=True, slots=True)
class Operation:
    """One change. `path` is split at the slashes; `path[0]` is the attribute ("root")."""

    op: str
    path: tuple[str, ...]
    value: Json = None

    @property
    def root(self) -> str:
        """The attribute that this changes."""
        return self.path[0]

    @property
    def pointer(self) -> str:
        """The path as it was written."""
        return "/" + "/".join(self.path)


def parse(body: Json) -> tuple[Operation, ...]:
    """The operations of a request. Raises Invalid for anything that is no such list."""
    if not isinstance(body, list):
        raise Invalid("A patch is a list of operations, each with op, path and value.")
    return tuple(_operation(item) for item in body)


def apply(document: Mapping[str, Json], operations: Sequence[Operation]) -> dict[str, Json]:
    """The document after all operations, in order; the one given is left as it is.

    `document` holds every attribute that may be patched; removing a whole attribute leaves None.
    Raises Invalid when an operation does not fit what is there.
    """
    changed = dict(document)
    for operation in operations:
        root, *rest = operation.path
        if not rest:
            changed[root] = None if operation.op == "remove" else operation.value
            continue
        inside = changed.get(root)
        if inside is None and operation.op == "add":
            inside = {}
        changed[root] = _changed(inside, rest, operation)
    return changed


def _operation(item: Json) -> Operation:
    if not isinstance(item, dict) or set(item) - {"op", "path", "value"}:
        raise Invalid("A patch operation is an object with op, path and value, and nothing else.")
    op, path = item.get("op"), item.get("path")
    if op not in _OPS:
        raise Invalid(f"Patch operations are {', '.join(_OPS)}; {str(op)[:40]!r} is none of them.")
    if not isinstance(path, str) or not _PATH.match(path):
        raise Invalid(
            "The path of a patch operation is made of names after slashes, as in /extra/rack; "
            f"{str(path)[:80]!r} is not."
        )
    if op != "remove" and "value" not in item:
        raise Invalid(f"The patch operation {op} {path[:80]} has no value.")
    names = tuple(path[1:].split("/"))
    if len(names) > _DEEPEST:
        raise Invalid(f"The path of a patch operation has {len(names)} names; {_DEEPEST} may be.")
    return Operation(op, names, item.get("value"))


def _changed(container: Any, path: Sequence[str], operation: Operation) -> Any:
    """A copy of `container` with the operation done at `path` below it."""
    key, *rest = path
    if isinstance(container, dict):
        return _in_object(container, key, rest, operation)
    if isinstance(container, list):
        return _in_list(container, key, rest, operation)
    raise _misfit(operation, f"there is nothing to hold {key[:80]!r}")


def _in_object(
    container: dict[str, Any], key: str, rest: Sequence[str], operation: Operation
) -> dict[str, Any]:
    if (rest or operation.op != "add") and key not in container:
        raise _misfit(operation, f"there is no {key[:80]!r}")
    if rest:
        return {**container, key: _changed(container[key], rest, operation)}
    if operation.op == "remove":
        return {name: value for name, value in container.items() if name != key}
    return {**container, key: operation.value}


def _in_list(
    container: list[Any], key: str, rest: Sequence[str], operation: Operation
) -> list[Any]:
    appends = operation.op == "add" and not rest
    index = len(container) if key == "-" and appends else _index(key, operation)
    if index >= len(container) + (1 if appends else 0):
        raise _misfit(operation, f"the list has {len(container)} items")
    before, after = container[:index], container[index + 1 :]
    if rest:
        return [*before, _changed(container[index], rest, operation), *after]
    match operation.op:
        case "remove":
            return [*before, *after]
        case "replace":
            return [*before, operation.value, *after]
        case _:
            return [*before, operation.value, *container[index:]]


def _index(key: str, operation: Operation) -> int:
    if not _INDEX.match(key):
        raise _misfit(operation, f"{key[:80]!r} is no position in a list")
    return int(key)


def _misfit(operation: Operation, reason: str) -> Invalid:
    return Invalid(f"Couldn't apply patch {operation.op} {operation.pointer[:200]}: {reason}.")
