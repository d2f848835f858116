"""Between a node and the JSON that may be written of it: for POST and PATCH."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bessemer.baremetal.api.values import is_hostname, is_uuid
from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.secret import MASK, is_secret_key, keep_masked, with_secrets
from bessemer.errors import Invalid
from bessemer.json_types import Json

ENROLL_SINCE: Final = 11
"""Nodes begin in `enroll`; before that version, in `available`."""
ANY_NAME_SINCE: Final = 10

RESERVED_NAMES: Final = frozenset(
    {
        "allocation",
        "bios",
        "boot_device",
        "children",
        "detail",
        "firmware",
        "history",
        "inventory",
        "maintenance",
        "management",
        "portgroups",
        "ports",
        "power",
        "provision",
        "states",
        "timeline",
        "traits",
        "validate",
        "vendor_passthru",
        "vifs",
        "vmedia",
        "volume",
    }
)
"""Words that mean something else in a path below /v1/nodes."""

_NAME: Final = re.compile(r"[A-Za-z0-9._~-]+\Z")
_HIDDEN: Final = ("driver_info", "instance_info")
_PLAIN: Final = (
    "name",
    "driver",
    "instance_uuid",
    "maintenance",
    "properties",
    "extra",
    "resource_class",
    "conductor_group",
    "automated_clean",
    "protected",
    "protected_reason",
    "owner",
    "description",
    "retired",
    "retired_reason",
    "lessee",
    "chassis_uuid",
    "network_data",
    "shard",
    "parent_node",
    "disable_power_off",
    "instance_name",
)


def document(node: Node) -> dict[str, Json]:
    """Every attribute that a PATCH may name; secrets are `Secret` values."""
    written = {name: getattr(node, name) for name in (*_PLAIN, *_HIDDEN)}
    interfaces = {f"{kind}_interface": node.interfaces.get(kind) for kind in InterfaceKind}
    return {**written, **interfaces}


def new_node(values: Mapping[str, Json], minor: int) -> Node:
    """The node that a POST describes. Raises Invalid."""
    state = State.ENROLL if minor >= ENROLL_SINCE else State.AVAILABLE
    bare = Node(
        uuid=values.get("uuid") or str(uuid.uuid4()),
        driver=str(values["driver"]),
        provision_state=state,
    )
    return with_changes(bare, values, minor)


def with_changes(node: Node, changes: Mapping[str, Json], minor: int) -> Node:
    """The node with these attributes (already checked one by one) written. Raises Invalid."""
    check_name(changes.get("name"), minor)
    plain = {name: changes[name] for name in _PLAIN if name in changes}
    if plain.get("maintenance") is False:
        plain |= {"maintenance_reason": None, "fault": None}
    for flag in ("protected", "retired"):
        if plain.get(flag) is False and f"{flag}_reason" not in plain:
            plain[f"{flag}_reason"] = None
    hidden: dict[str, Any] = {
        name: _with_secrets(name, changes[name], getattr(node, name))
        for name in _HIDDEN
        if name in changes
    }
    chosen = {**node.interfaces, **_interfaces(changes)}
    interfaces = {kind: name for kind, name in chosen.items() if name is not None}
    return _named(replace(node, **plain, **hidden, interfaces=interfaces), changes)


def _named(node: Node, changes: Mapping[str, Json]) -> Node:
    """The instance has one name: `instance_name`, and `display_name` in its information."""
    if "instance_name" in changes:
        info = {k: v for k, v in node.instance_info.items() if k != "display_name"}
        if node.instance_name is not None:
            info["display_name"] = node.instance_name
        return replace(node, instance_info=info)
    if "instance_info" in changes:
        return node.named_by_instance_info()
    return node


def without_former_interfaces(node: Node, changes: Mapping[str, Json]) -> Node:
    """For `reset_interfaces`: all those that the same request does not set fall to defaults."""
    if "driver" not in changes:
        raise Invalid("reset_interfaces makes sense only together with a change of the driver.")
    kept = {kind: name for kind, name in node.interfaces.items() if kind in _interfaces(changes)}
    return replace(node, interfaces=kept)


def check_name(name: Json, minor: int) -> None:
    """Raises Invalid for what cannot name a node in that version; None is no name at all."""
    if name is None:
        return
    fits = bool(_NAME.match(name)) if minor >= ANY_NAME_SINCE else is_hostname(name)
    if not fits or is_uuid(name):
        raise Invalid(
            f"{name[:80]!r} is not a valid name: letters, digits and -._~ only, and not a UUID."
        )
    if name in RESERVED_NAMES:
        raise Invalid(f"{name!r} is a reserved word of this API and cannot name a node.")


def _interfaces(changes: Mapping[str, Json]) -> dict[InterfaceKind, str | None]:
    return {
        kind: changes[f"{kind}_interface"]
        for kind in InterfaceKind
        if f"{kind}_interface" in changes
    }


def _with_secrets(
    name: str, value: Mapping[str, Json], stored: Mapping[str, Json]
) -> dict[str, Json]:
    kept = keep_masked(value, stored)
    for key, item in kept.items():
        if item == MASK and is_secret_key(key):
            raise Invalid(
                f"{name}/{key[:80]} is {MASK}, which only stands for a stored value, and none is "
                "stored. Send the value itself."
            )
    return with_secrets(kept)
