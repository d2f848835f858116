"""What a request demands of the policies: which rules of its target, and which things it refers to.

Pure: it reads the row of the table, the query and the body. Bodies are unchecked here: what is
malformed demands the row's own rule, and the handler refuses it in words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bessemer.baremetal.store.ownership import (
    ALLOCATION,
    CONNECTOR,
    NODE,
    PORT,
    PORTGROUP,
    RUNBOOK,
    TARGET,
    Noun,
)

TARGETS: Final[Sequence[tuple[str, Noun]]] = (
    ("/nodes/{", NODE),
    ("/nodes/validate", NODE),
    ("/ports/{", PORT),
    ("/portgroups/{", PORTGROUP),
    ("/volume/connectors/{", CONNECTOR),
    ("/volume/targets/{", TARGET),
    ("/allocations/{", ALLOCATION),
    ("/runbooks/{", RUNBOOK),
)
"""How an endpoint's path begins, and what its first parameter (or its query) names."""

SEEN_BY: Final[Mapping[Noun, str]] = {
    NODE: "baremetal:node:get",
    PORT: "baremetal:port:get",
    PORTGROUP: "baremetal:portgroup:get",
    CONNECTOR: "baremetal:volume:get",
    TARGET: "baremetal:volume:get",
    ALLOCATION: "baremetal:allocation:get",
    RUNBOOK: "baremetal:runbook:get",
}
"""Who does not pass this rule is told that there is no such thing."""

NODE_FIELDS: Final[Mapping[str, str]] = {
    "chassis_uuid": "baremetal:node:update:chassis_uuid",
    "conductor_group": "baremetal:node:update:conductor_group",
    "disable_power_off": "baremetal:node:update:disable_power_off",
    "driver": "baremetal:node:update:driver_interfaces",
    "driver_info": "baremetal:node:update:driver_info",
    "extra": "baremetal:node:update_extra",
    "instance_info": "baremetal:node:update_instance_info",
    "instance_name": "baremetal:node:update_instance_info",
    "instance_uuid": "baremetal:node:update:instance_uuid",
    "lessee": "baremetal:node:update:lessee",
    "maintenance": "baremetal:node:set_maintenance",
    "name": "baremetal:node:update:name",
    "network_data": "baremetal:node:update:network_data",
    "owner": "baremetal:node:update:owner",
    "parent_node": "baremetal:node:update:parent_node",
    "properties": "baremetal:node:update:properties",
    "retired": "baremetal:node:update:retired",
    "retired_reason": "baremetal:node:update:retired",
    "shard": "baremetal:node:update:shard",
}
"""Fields of a node with a rule of their own; the rest go by `baremetal:node:update`."""

RUNBOOK_FIELDS: Final[Mapping[str, str]] = {
    "owner": "baremetal:runbook:update:owner",
    "public": "baremetal:runbook:update:public",
}
_PROVISION_ARGUMENTS: Final[Mapping[str, str]] = {
    "clean_steps": "baremetal:node:set_provision_state:clean_steps",
    "service_steps": "baremetal:node:set_provision_state:service_steps",
}
_NODES_IN_BODIES: Final = ("node_uuid", "node_ident", "node", "parent_node")
_PARENTS: Final = {"node": NODE, "node_uuid": NODE, "portgroup": PORTGROUP}
_OTHERS: Final[Mapping[str, tuple[Noun, str]]] = {
    "portgroup_uuid": (PORTGROUP, "baremetal:portgroup:update"),
    "runbook": (RUNBOOK, "baremetal:runbook:use"),
}
_YES: Final = frozenset({"true", "1", "yes", "y", "on", "t"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A thing that the request names besides its target, and the rule that it must pass there."""

    noun: Noun
    ident: str
    rule: str


def target_of(path: str) -> Noun | None:
    """What an endpoint's path (below `/v1`) is about; None for lists and for the deployment."""
    return next((noun for start, noun in TARGETS if path.startswith(start)), None)


def rules_of(method: str, path: str, policy: str, body: Any) -> dict[str, str]:
    """Rule -> the field that demands it (empty: the request as a whole)."""
    fields = list(_fields(method, body))
    match method, path:
        case (("PATCH" | "POST"), ("/nodes" | "/nodes/{ident}")):
            demanded = {_node_rule(name, value): name for name, value in fields}
        case "PATCH", "/runbooks/{ident}":
            demanded = {RUNBOOK_FIELDS.get(name, policy): name for name, _ in fields}
        case "PUT", "/nodes/{ident}/states/provision":
            named = [name for name, value in fields if value is not None]
            demanded = {_PROVISION_ARGUMENTS.get(name, policy): name for name in named}
        case _:
            demanded = {}
    if method != "PATCH" or not demanded:
        return {policy: "", **{rule: name for rule, name in demanded.items() if rule != policy}}
    return demanded


def references_of(method: str, path: str, policy: str, body: Any) -> list[Reference]:
    """What a body points at: the parent that a thing is made or moved under, and the like."""
    if method not in {"POST", "PATCH", "PUT"}:
        return []
    given = [(name, value) for name, value in _fields(method, body) if isinstance(value, str)]
    found = [Reference(NODE, value, policy) for name, value in given if name in _NODES_IN_BODIES]
    if path.startswith("/allocations"):
        found = [Reference(NODE, each.ident, NODE_FIELDS["instance_uuid"]) for each in found]
        found += [Reference(NODE, each, SEEN_BY[NODE]) for each in _candidates(body)]
    for name, value in given:
        if name in _OTHERS:
            noun, rule = _OTHERS[name]
            found.append(Reference(noun, value, rule))
    return found


def _fields(method: str, body: Any) -> Iterator[tuple[str, Any]]:
    """Each field that the body sets, with its value; of a JSON patch, each operation's root."""
    if method == "PATCH" and isinstance(body, list):
        for each in body:
            path = each.get("path") if isinstance(each, dict) else None
            if isinstance(path, str):
                root, _, below = path.lstrip("/").partition("/")
                yield root, None if below else each.get("value")
    elif isinstance(body, dict):
        yield from body.items()


def _node_rule(name: str, value: Any) -> str:
    if name.endswith("_interface"):
        return NODE_FIELDS["driver"]
    disables = name == "automated_clean" and value is not None
    if disables and str(value).strip().lower() not in _YES:
        return "baremetal:node:disable_cleaning"
    return NODE_FIELDS.get(name, "baremetal:node:update")


def _candidates(body: Any) -> list[str]:
    named = body.get("candidate_nodes") if isinstance(body, dict) else None
    return [each for each in named if isinstance(each, str)] if isinstance(named, list) else []


def listed_under(query: Mapping[str, str]) -> list[tuple[Noun, str]]:
    """What a list's query says that its items belong to."""
    return [(noun, query[name]) for name, noun in _PARENTS.items() if name in query]
