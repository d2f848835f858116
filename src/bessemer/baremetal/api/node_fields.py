"""Every field of a node: since which microversion, who may write it, and how it is shown."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from bessemer.baremetal.api.fields import Field, FieldTable, Write
from bessemer.baremetal.api.links import links
from bessemer.baremetal.api.network_data import network_data
from bessemer.baremetal.api.values import (
    boolean,
    default,
    group,
    mapping,
    optional,
    text,
    uuid_text,
)
from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import Flow, Work
from bessemer.baremetal.domain.secret import masked
from bessemer.baremetal.operations.show_nodes import GUARDED, NodeFacts
from bessemer.clock import iso8601
from bessemer.json_types import Json

AVAILABLE_HAS_A_NAME: Final = 2
"""Before 1.2, an available node's state was null."""
INSPECT_WAIT_HAS_A_NAME: Final = 39

INTERFACE_SINCE: Final = {
    **dict.fromkeys(InterfaceKind, 31),
    InterfaceKind.NETWORK: 20,
    InterfaceKind.STORAGE: 33,
    InterfaceKind.RESCUE: 38,
    InterfaceKind.BIOS: 40,
    InterfaceKind.FIRMWARE: 86,
}
"""Since which version a node shows who serves it in each kind."""

Show = Callable[[NodeFacts, int], Json]


def _of(name: str) -> Show:
    return lambda facts, _minor: getattr(facts.node, name)


def _moment(name: str) -> Show:
    def show(facts: NodeFacts, _minor: int) -> Json:
        moment: datetime | None = getattr(facts.node, name)
        return iso8601(moment)

    return show


def _masked(name: str) -> Show:
    return lambda facts, _minor: masked(getattr(facts.node, name))


def _interface(kind: InterfaceKind) -> Show:
    return lambda facts, _minor: facts.node.interfaces.get(kind)


def _subresource(name: str) -> Show:
    return lambda facts, _minor: links(facts.base_url, f"nodes/{facts.node.uuid}/{name}")


def _self_links(facts: NodeFacts, _minor: int) -> Json:
    return links(facts.base_url, f"nodes/{facts.node.uuid}")


def provision_state(facts: NodeFacts, minor: int) -> Json:
    """The state by the name that it had in that version."""
    state = facts.node.provision_state
    if state is State.AVAILABLE and minor < AVAILABLE_HAS_A_NAME:
        return None
    if state is State.INSPECT_WAIT and minor < INSPECT_WAIT_HAS_A_NAME:
        return State.INSPECTING
    return state


def _guarded(name: str, show: Show) -> Show:
    """Shown only to who may read it; others learn which policy keeps it from them."""
    words = f"** Redacted: only who passes policy baremetal:node:get:{name} may read this. **"

    def shown(facts: NodeFacts, minor: int) -> Json:
        value = show(facts, minor)
        if name not in facts.hidden or not value:
            return value
        return {"content": words} if isinstance(value, dict) else words

    return shown


def _reservation(facts: NodeFacts, _minor: int) -> Json:
    return facts.holder.owner.partition(":")[0] if facts.holder is not None else None


def _step_of(flow: Flow) -> Show:
    def show(facts: NodeFacts, _minor: int) -> Json:
        work = facts.work
        return step_in_hand(work) if work is not None and work.flow is flow else {}

    return show


def step_in_hand(work: Work) -> dict[str, Json]:
    """The step that is being done, as Ironic shows it, and what it waits for.

    Our own keys: `waiting_for` (in words), `since`, `until` (when it counts as failed), and
    `progress` {done, total} when the step tells how far it is.
    """
    step = work.step
    if step is None:
        return {}
    shown: dict[str, Any] = {
        "interface": step.interface,
        "step": step.name,
        "args": masked(step.args),
        "priority": step.priority,
        "abortable": step.abortable,
    }
    if work.waiting is not None:
        shown["waiting_for"] = work.waiting.reason
        shown["since"] = iso8601(work.waiting.since)
        shown["until"] = iso8601(work.waiting.until)
    if work.progress_total:
        shown["progress"] = {"done": work.progress_done, "total": work.progress_total}
    return shown


def _present(kind: InterfaceKind) -> Field[NodeFacts]:
    return Field(
        f"{kind}_interface",
        _interface(kind),
        INTERFACE_SINCE[kind],
        write=Write.BOTH,
        check=optional(text(255, least=1)),
        column=f"{kind}_interface",
    )


_TEXT: Final = optional(text(255))
_LONG: Final = optional(text(4096))
_OBJECT: Final = default({}, mapping)
_NO: Final = default(False, boolean)

# fmt: off
NODE: Final[FieldTable[NodeFacts]] = FieldTable("node", (
    Field("uuid", _of("uuid"), write=Write.CREATE, check=optional(uuid_text), column="uuid",
          summary=True),
    Field("name", _of("name"), 5, Write.BOTH, _TEXT, column="name", summary=True),
    Field("instance_uuid", _of("instance_uuid"), 1, Write.BOTH, optional(uuid_text),
          column="instance_uuid", summary=True),
    Field("maintenance", _of("maintenance"), 1, Write.BOTH, _NO, column="maintenance",
          summary=True),
    Field("power_state", _of("power_state"), column="power_state", summary=True),
    Field("provision_state", provision_state, column="provision_state", summary=True),
    Field("links", _self_links, summary=True, always=True),

    Field("driver", _of("driver"), 1, Write.BOTH, text(255, least=1), column="driver",
          required=True),
    Field("driver_info", _guarded("driver_info", _masked("driver_info")), 1, Write.BOTH, _OBJECT),
    Field("driver_internal_info",
          _guarded("driver_internal_info", _masked("driver_internal_info")), 3),
    Field("properties", _of("properties"), 1, Write.BOTH, _OBJECT),
    Field("extra", _of("extra"), 1, Write.BOTH, _OBJECT),
    Field("instance_info", _masked("instance_info"), 1, Write.BOTH, _OBJECT),
    Field("target_power_state", _of("target_power_state"), column="target_power_state"),
    Field("target_provision_state", _of("target_provision_state"),
          column="target_provision_state"),
    Field("provision_updated_at", _moment("provision_updated_at"), column="provision_updated_at"),
    Field("last_error", _guarded("last_error", _of("last_error")), column="last_error"),
    Field("reservation", _guarded("reservation", _reservation), column="reservation"),
    Field("maintenance_reason", _of("maintenance_reason"), column="maintenance_reason"),
    Field("fault", _of("fault"), 42, column="fault"),
    Field("inspection_started_at", _moment("inspection_started_at"), 6,
          column="inspection_started_at"),
    Field("inspection_finished_at", _moment("inspection_finished_at"), 6,
          column="inspection_finished_at"),
    Field("clean_step", _step_of(Flow.CLEAN), 7),
    Field("deploy_step", _step_of(Flow.DEPLOY), 44),
    Field("service_step", _step_of(Flow.SERVICE), 87),
    Field("resource_class", _of("resource_class"), 21, Write.BOTH, optional(text(80)),
          column="resource_class"),
    Field("traits", lambda facts, _: sorted(facts.node.traits), 37),
    Field("conductor_group", _of("conductor_group"), 46, Write.BOTH, default("", group),
          column="conductor_group"),
    Field("conductor", lambda facts, _: facts.conductor, 49),
    Field("automated_clean", _of("automated_clean"), 47, Write.BOTH, optional(boolean),
          column="automated_clean"),
    Field("protected", _of("protected"), 48, Write.PATCH, _NO, column="protected"),
    Field("protected_reason", _of("protected_reason"), 48, Write.PATCH, _LONG,
          column="protected_reason"),
    Field("owner", _of("owner"), 50, Write.BOTH, _TEXT, column="owner"),
    Field("description", _of("description"), 51, Write.BOTH, _LONG, column="description"),
    Field("retired", _of("retired"), 61, Write.BOTH, _NO, column="retired"),
    Field("retired_reason", _of("retired_reason"), 61, Write.BOTH, _LONG,
          column="retired_reason"),
    Field("lessee", _of("lessee"), 65, Write.BOTH, _TEXT, column="lessee"),
    *map(_present, InterfaceKind),

    Field("chassis_uuid", _of("chassis_uuid"), 1, Write.BOTH, optional(uuid_text)),
    Field("console_enabled", _of("console_enabled"), column="console_enabled"),
    Field("raid_config", _of("raid_config"), 12),
    Field("target_raid_config", _of("target_raid_config"), 12),
    Field("allocation_uuid", _of("allocation_uuid"), 52),
    Field("network_data", _of("network_data"), 66, Write.BOTH, default({}, network_data)),
    Field("boot_mode", _of("boot_mode"), 75, column="boot_mode"),
    Field("secure_boot", _of("secure_boot"), 75, column="secure_boot"),
    Field("shard", _of("shard"), 82, Write.BOTH, _TEXT, column="shard"),
    Field("parent_node", _of("parent_node"), 83, Write.BOTH, optional(text(255, least=1)),
          column="parent_node"),
    Field("disable_power_off", _of("disable_power_off"), 95, Write.BOTH, _NO,
          column="disable_power_off"),
    Field("instance_name", _of("instance_name"), 104, Write.BOTH, _TEXT, column="instance_name"),
    Field("health", _of("health"), 109, column="health"),

    Field("created_at", _moment("created_at"), column="created_at"),
    Field("updated_at", _moment("updated_at"), column="updated_at"),
    Field("ports", _subresource("ports")),
    Field("states", _subresource("states"), 14),
    Field("portgroups", _subresource("portgroups"), 24),
    Field("volume", _subresource("volume"), 32),
))
# fmt: on

SURROUNDINGS: Final = frozenset(
    {"reservation", "clean_step", "deploy_step", "service_step", "conductor"}
)
"""Fields that a node's own row does not tell."""

_ALWAYS_READ: Final = frozenset({"uuid", "driver"})
_READS: Final[Mapping[str, frozenset[str]]] = {
    **{each.name: frozenset({each.name}) for each in fields(Node)},
    **{f"{kind}_interface": frozenset({"interfaces"}) for kind in InterfaceKind},
    **dict.fromkeys(GUARDED, frozenset({"owner", "lessee"})),
    **{name: frozenset({name, "owner", "lessee"}) for name in GUARDED - SURROUNDINGS},
    "conductor": frozenset({"conductor_group"}),
}


def columns_read(names: Collection[str]) -> frozenset[str]:
    """The attributes of a node that showing these fields asks for."""
    return _ALWAYS_READ.union(*(_READS.get(name, _ALWAYS_READ) for name in names))
