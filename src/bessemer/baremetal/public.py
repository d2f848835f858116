"""What other rooms may ask of the bare metal service, and the values that cross the wall."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from bessemer.context import RequestContext
from bessemer.errors import Conflict
from bessemer.json_types import Json, JsonObject

NODE_CHANGED: Final = "baremetal.node.changed"
"""Bus topic; messages hold `node_uuid`. A nudge only: read the node to learn what is true."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the step in hand is. `total` 0 means unknown; `unit` is `bytes` or `percent`."""

    done: int
    total: int
    unit: str = "bytes"


@dataclass(frozen=True, slots=True)
class NodeView:
    """One node as seen from outside the room; states in wire spelling."""

    uuid: str
    name: str | None
    provision_state: str
    target_provision_state: str | None
    power_state: str | None
    maintenance: bool
    instance_uuid: str | None
    resource_class: str | None
    traits: frozenset[str]
    properties: JsonObject
    last_error: str | None
    step: str | None = None
    """The step in hand, as `interface.step`."""
    progress: Progress | None = None
    extra: JsonObject = field(default_factory=dict)
    retired: bool = False


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One thing that was done to a node: which step of which flow, when, and how it ended."""

    flow: str
    interface: str
    step: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    """`done`, `failed`, `aborted`, or None while in hand."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Validation:
    """Whether one interface can do its work; `result` None: this node has no such interface."""

    result: bool | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BondView:
    """A bond that carries a network port; `mode` and `properties` are those of Linux bonding."""

    vif_id: str
    mode: str
    properties: JsonObject
    members: Mapping[str, str]
    """Port uuid -> MAC, in the order of the bond."""


class NodeTaken(Conflict):
    """Another instance was faster: the node has an owner. Nothing was changed."""


class BareMetalService(Protocol):
    """Ironic's job, as Nova's virt driver uses it."""

    async def list_nodes(self, context: RequestContext) -> Sequence[NodeView]:
        """Every node that may be scheduled upon or carries an instance."""

    async def get_node(self, context: RequestContext, ident: str) -> NodeView:
        """By uuid or name. Raises NotFound."""

    async def claim(self, context: RequestContext, node_uuid: str, instance_uuid: str) -> None:
        """Atomically give an available node to an instance. Raises NodeTaken."""

    async def release(self, context: RequestContext, node_uuid: str, instance_uuid: str) -> None:
        """Take the claim back if this instance holds it; idempotent."""

    async def set_instance_info(
        self, context: RequestContext, node_uuid: str, info: JsonObject
    ) -> None:
        """Replace `instance_info` (image_source, capabilities, root_gb, traits, display_name …)."""

    async def validate(self, context: RequestContext, node_uuid: str) -> Mapping[str, Validation]:
        """Per interface: power, management, boot, deploy, network …"""

    async def attach_vif(self, context: RequestContext, node_uuid: str, vif_id: str) -> str:
        """Choose a NIC or bond for the network port and give it that MAC; returns the MAC.

        Raises Conflict when already attached, Invalid when no NIC is free.
        """

    async def detach_vif(self, context: RequestContext, node_uuid: str, vif_id: str) -> None:
        """Idempotent."""

    async def list_bonds(self, context: RequestContext, node_uuid: str) -> Sequence[BondView]:
        """The node's bonds that carry a network port. Raises NotFound."""

    async def provision(
        self,
        context: RequestContext,
        node_uuid: str,
        target: str,
        *,
        configdrive: Json = None,
    ) -> None:
        """`active`, `rebuild`, `deleted`, `abort` …: accepted and committed when this returns.

        Raises Invalid for a verb that the node's state does not allow, Conflict when it is busy.
        `configdrive` is base64 of gzip of ISO 9660.
        """

    async def set_power(self, context: RequestContext, node_uuid: str, target: str) -> None:
        """`power on`, `power off`, `rebooting`, `soft power off`, `soft rebooting`."""

    async def journal(self, context: RequestContext, node_uuid: str) -> Sequence[JournalEntry]:
        """What was done to the node, oldest first: the newest few hundred entries of all its flows."""
