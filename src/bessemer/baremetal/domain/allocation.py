"""An allocation: a request for any free machine of a kind, and which one it got."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import State


class AllocationState(StrEnum):
    """States in wire spelling."""

    ALLOCATING = "allocating"
    ACTIVE = "active"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Allocation:
    """`candidate_nodes` are uuids; empty: any node. `owner`: a project that owns or rents the node."""

    uuid: str
    resource_class: str | None
    state: AllocationState = AllocationState.ALLOCATING
    name: str | None = None
    node_uuid: str | None = None
    owner: str | None = None
    last_error: str | None = None
    traits: tuple[str, ...] = ()
    candidate_nodes: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def failed(self, reason: str) -> "Allocation":
        """The allocation that found no node."""
        return replace(self, state=AllocationState.ERROR, last_error=reason, node_uuid=None)


def misfits(node: Node, wanted: Allocation) -> list[str]:
    """Why the node is of another kind than the one wanted; empty when it is of that kind."""
    found = []
    if wanted.resource_class is not None and node.resource_class != wanted.resource_class:
        found.append(f"its resource class is {node.resource_class}, not {wanted.resource_class}")
    missing = sorted(set(wanted.traits) - node.traits)
    if missing:
        found.append(f"it lacks the traits {', '.join(missing)}")
    if wanted.candidate_nodes and node.uuid not in wanted.candidate_nodes:
        found.append("it is none of the candidate nodes")
    if wanted.owner is not None and wanted.owner not in {node.owner, node.lessee}:
        found.append(f"project {wanted.owner} neither owns nor rents it")
    return found


def is_free(node: Node) -> bool:
    """Whether an allocation may take the node."""
    return (
        node.provision_state is State.AVAILABLE
        and node.instance_uuid is None
        and node.power_state is not None
        and not node.maintenance
        and not node.retired
    )


def taken(node: Node, wanted: Allocation) -> Node:
    """The node as the allocation has it."""
    return replace(
        node,
        instance_uuid=wanted.uuid,
        allocation_uuid=wanted.uuid,
        instance_info={**node.instance_info, "traits": list(wanted.traits)},
    )


def given_back(node: Node) -> Node:
    """The node free of its allocation."""
    info = {key: value for key, value in node.instance_info.items() if key != "traits"}
    return replace(node, instance_uuid=None, allocation_uuid=None, instance_info=info)


def in_order(candidates: Sequence[tuple[str, str | None]], name: str | None) -> list[str]:
    """Uuids of (uuid, name), those named as the allocation first."""
    first = [uuid for uuid, node_name in candidates if name is not None and node_name == name]
    return [*first, *(uuid for uuid, _ in candidates if uuid not in first)]
