"""Replacement fields in rules: `{inventory[cpu][count]}`, `{node.driver}`, `{item[path]}`.

They are written as Python's format strings are, and read by a parser of their own that can name
values and nothing else: no method, no attribute but the node's own, no width. As in Ironic, a text
with a field that leads nowhere stays as it is, as a whole.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from bessemer.baremetal.domain.inspection_rules.budget import Budget
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.secret import is_secret_key, masked

_FIELD: Final = re.compile(r"(\w+)((?:\.[A-Za-z_]\w*|\[[^\[\]{}]*\])*)\Z")
_STEP: Final = re.compile(r"\.([A-Za-z_]\w*)|\[([^\[\]{}]*)\]")
_PIECE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NOWHERE: Final = object()


@dataclass(frozen=True, slots=True)
class Names:
    """What fields can name. Secrets in the machine's data show only to rules that are `sensitive`."""

    node: Node
    inventory: Mapping[str, Any]
    plugin_data: Mapping[str, Any]
    sensitive: bool = False
    item: Any = _NOWHERE
    budget: Budget = field(default_factory=Budget)

    def filled(self, value: Any) -> Any:
        """The value with the fields in its texts, at any depth, replaced."""
        if isinstance(value, str):
            return self.budget.text(self._text(value))
        if isinstance(value, Mapping):
            return {self.filled(key): self.filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        return value

    def _text(self, text: str) -> str:
        pieces, end = [], 0
        for found in _PIECE.finditer(text):
            pieces.append(text[end : found.start()])
            end = found.end()
            if found[0] in {"{{", "}}"}:
                pieces.append(found[0][0])
                continue
            value = _NOWHERE if found[1] is None else self._value(found[1])
            if value is _NOWHERE:
                return text
            pieces.append(self.budget.text(str(value)))
        return "".join([*pieces, text[end:]])

    def _value(self, written: str) -> Any:
        parsed = _FIELD.match(written)
        if parsed is None:
            return _NOWHERE
        root, path = parsed.groups()
        steps = [(step[1], step[2]) for step in _STEP.finditer(path)]
        if root == "node":
            return _walk(_node_facts(self.node), steps, attribute_first=True, hides=True)
        roots = {"inventory": self.inventory, "plugin_data": self.plugin_data, "item": self.item}
        hides = not self.sensitive and root != "item"
        return _walk(roots.get(root, _NOWHERE), steps, attribute_first=False, hides=hides)


def _node_facts(node: Node) -> dict[str, Any]:
    named = {f"{kind}_interface": name for kind, name in node.interfaces.items()}
    return {**{each.name: getattr(node, each.name) for each in fields(node)}, **named}


def _walk(
    value: Any,
    steps: list[tuple[str | None, str | None]],
    *,
    attribute_first: bool,
    hides: bool,
) -> Any:
    """What the steps lead to. `attribute_first`: the first one is `.name`; all others are `[key]`."""
    if attribute_first and not steps:
        return _NOWHERE
    names: list[str] = []
    for number, (attribute, key) in enumerate(steps):
        name = attribute if attribute_first and number == 0 else key
        if name is None or value is _NOWHERE:
            return _NOWHERE
        value = _inside(value, name)
        names.append(name)
    return value if value is _NOWHERE or not hides else _masked(value, names)


def _masked(value: Any, names: list[str]) -> Any:
    """The value, reached by these names, as it may be shown."""
    secret = next((name for name in names if is_secret_key(name)), None)
    last = secret or (names[-1] if names else "")
    return masked({last: value})[last]


def _inside(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(name, _NOWHERE)
    if isinstance(value, list) and name.isascii() and name.isdigit() and len(name) < 7:
        return value[int(name)] if int(name) < len(value) else _NOWHERE
    return _NOWHERE
