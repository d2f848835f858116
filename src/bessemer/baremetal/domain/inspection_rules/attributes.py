"""Which attributes of nodes and ports a rule may change, and what they may become."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from bessemer.baremetal.domain.inspection_rules.budget import RuleFailed
from bessemer.baremetal.domain.inspection_rules.paths import changed, parts, without
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.secret import with_secrets

Attribute = Callable[[Any], Any]
"""Turns what a rule sets into what is kept; None stands for "unset". Raises RuleFailed."""

T = TypeVar("T", Node, Port)
_NAME: Final = re.compile(r"[A-Za-z0-9._~-]{1,255}\Z")
_GROUP: Final = re.compile(r"[A-Za-z0-9._-]{0,255}\Z")
_WORDS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _text(longest: int) -> Attribute:
    def kept(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > longest or "\0" in value:
            raise RuleFailed(f"expected text of at most {longest} characters")
        return value

    return kept


def _matching(pattern: re.Pattern[str], unset: str | None) -> Attribute:
    def kept(value: Any) -> Any:
        if value is None:
            return unset
        if not isinstance(value, str) or not pattern.match(value):
            raise RuleFailed("expected letters, digits and -._~ only")
        return value

    return kept


def _flag(unset: bool | None) -> Attribute:
    def kept(value: Any) -> Any:
        if value is None:
            return unset
        word = _WORDS.get(str(value).lower())
        if word is None:
            raise RuleFailed("expected true or false")
        return word

    return kept


def _object(value: Any) -> Any:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise RuleFailed("expected an object")
    return dict(value)


def _secretive(value: Any) -> Any:
    return with_secrets(_object(value))


def _group(value: Any) -> Any:
    return str(_matching(_GROUP, "")(value)).lower()


NODE: Final[Mapping[str, Attribute]] = {
    "name": _matching(_NAME, None),
    "description": _text(4096),
    "resource_class": _text(80),
    "conductor_group": _group,
    "owner": _text(255),
    "lessee": _text(255),
    "shard": _text(255),
    "automated_clean": _flag(None),
    "disable_power_off": _flag(False),
    "retired": _flag(False),
    "retired_reason": _text(65_535),
    "driver_info": _secretive,
    "instance_info": _secretive,
    "properties": _object,
    "extra": _object,
    "network_data": _object,
}
PORT: Final[Mapping[str, Attribute]] = {
    "name": _matching(_NAME, None),
    "description": _text(255),
    "vendor": _text(255),
    "category": _text(255),
    "physical_network": _text(64),
    "pxe_enabled": _flag(True),
    "is_smartnic": _flag(False),
    "available_for_dynamic_portgroup": _flag(True),
    "local_link_connection": _object,
    "extra": _object,
}


def with_change(
    thing: T, table: Mapping[str, Attribute], path: Any, change: Callable[[Any], Any]
) -> T:
    """The node or port with what is at the path changed. Raises RuleFailed."""
    root, *below = parts(path)
    keep = _attribute(table, root)
    try:
        return replace(thing, **{root: keep(changed(getattr(thing, root), below, change))})
    except RuleFailed as error:
        raise RuleFailed(f"{str(path)[:200]}: {error.message}") from None


def with_removal(thing: T, table: Mapping[str, Attribute], path: Any) -> T:
    """The node or port with nothing at the path. Raises RuleFailed for an unknown attribute."""
    root, *below = parts(path)
    keep = _attribute(table, root)
    left = without(getattr(thing, root), below) if below else None
    return replace(thing, **{root: keep(left)})


def check_path(table: Mapping[str, Attribute], path: Any) -> None:
    """Raises RuleFailed for a path to what no rule can change; one with fields is judged later."""
    root = parts(path)[0]
    if "{" not in root:
        _attribute(table, root)


def _attribute(table: Mapping[str, Attribute], root: str) -> Attribute:
    if root == "driver" or root.endswith("_interface"):
        raise RuleFailed(
            f"a rule cannot change {root[:80]}: the driver and its interfaces are at work while the "
            f"rules run. Afterwards: openstack baremetal node set --{root[:80].replace('_', '-')}"
        )
    if root not in table:
        raise RuleFailed(
            f"a rule cannot change the attribute {root[:80]!r}; it can change {', '.join(table)}"
        )
    return table[root]
