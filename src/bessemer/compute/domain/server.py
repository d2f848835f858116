"""A server: what was asked for, which node carries it, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final

from bessemer.compute.domain.flavor import Flavor


class VmState(StrEnum):
    """Nova's `OS-EXT-STS:vm_state`."""

    BUILDING = "building"
    ACTIVE = "active"
    STOPPED = "stopped"
    ERROR = "error"
    DELETED = "deleted"


class TaskState(StrEnum):
    """Nova's `OS-EXT-STS:task_state`, as far as we have them."""

    SCHEDULING = "scheduling"
    NETWORKING = "networking"
    SPAWNING = "spawning"
    DELETING = "deleting"
    POWERING_OFF = "powering-off"
    POWERING_ON = "powering-on"
    REBOOTING = "rebooting"
    REBOOTING_HARD = "rebooting_hard"


class PowerState(IntEnum):
    """Nova's `OS-EXT-STS:power_state`."""

    NOSTATE = 0
    RUNNING = 1
    SHUTDOWN = 4


class Goal(StrEnum):
    """What the worker is after. A server without a goal is left in peace."""

    BUILD = "build"
    UNDO = "undo"
    """Give node and ports back after a failed build; the server stays, in ERROR."""
    DELETE = "delete"


POWER_TASKS: Final = frozenset(
    {
        TaskState.POWERING_OFF,
        TaskState.POWERING_ON,
        TaskState.REBOOTING,
        TaskState.REBOOTING_HARD,
    }
)


@dataclass(frozen=True, slots=True)
class NetworkRequest:
    """One wanted network (its id; a port of ours is made), or a port that the user made."""

    network_id: str
    port_id: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Vif:
    """A network port of the server. `ours`: we made it and delete it with the server."""

    port_id: str
    network_id: str
    network_name: str
    mac_address: str
    addresses: tuple[str, ...]
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a server is in ERROR, in words, with the next safe command."""

    message: str
    created: datetime
    code: int = 500
    details: str = ""


@dataclass(frozen=True, slots=True)
class KeyCopy:
    """The key pair as it was when the server was asked for."""

    name: str
    public_key: str


@dataclass(frozen=True, slots=True)
class Server:
    """One row of the truth. `version` grows with every write; a late writer is refused."""

    id: str
    name: str
    hostname: str
    project_id: str
    user_id: str
    request_id: str
    reservation_id: str
    flavor: Flavor
    image_id: str
    image_name: str
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    key: KeyCopy | None = None
    config_drive: bool = True
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    availability_zone: str = ""
    zone_requested: str | None = None
    node_requested: str | None = None
    launch_index: int = 0
    networks: tuple[NetworkRequest, ...] = ()
    vifs: tuple[Vif, ...] = ()
    vm_state: VmState = VmState.BUILDING
    task_state: TaskState | None = TaskState.SCHEDULING
    task_since: datetime | None = None
    power_state: PowerState = PowerState.NOSTATE
    progress: int = 0
    fault: Fault | None = None
    node_uuid: str | None = None
    nodes_tried: tuple[str, ...] = ()
    goal: Goal | None = Goal.BUILD
    step: str | None = None
    """The build step in hand, a name of `operations/build_steps.py`."""
    work_request_id: str = ""
    """The request that set the goal or the task in hand."""
    tries: int = 0
    """How often the step in hand was tried and put off."""
    undeploy_asked: bool = False
    launched_at: datetime | None = None
    terminated_at: datetime | None = None
    version: int = 0

    @property
    def status(self) -> str:
        """Nova's `status`, from vm_state and task_state."""
        return _STATUS.get((self.vm_state, self.task_state)) or _STATUS[(self.vm_state, None)]


_STATUS: Final[Mapping[tuple[VmState, TaskState | None], str]] = {
    (VmState.BUILDING, None): "BUILD",
    (VmState.ACTIVE, None): "ACTIVE",
    (VmState.ACTIVE, TaskState.REBOOTING): "REBOOT",
    (VmState.ACTIVE, TaskState.REBOOTING_HARD): "HARD_REBOOT",
    (VmState.STOPPED, None): "SHUTOFF",
    (VmState.STOPPED, TaskState.REBOOTING_HARD): "HARD_REBOOT",
    (VmState.ERROR, None): "ERROR",
    (VmState.DELETED, None): "DELETED",
}

STATUS_NAMES: Final = {
    "BUILD": (VmState.BUILDING,),
    "ACTIVE": (VmState.ACTIVE,),
    "REBOOT": (VmState.ACTIVE,),
    "HARD_REBOOT": (VmState.ACTIVE, VmState.STOPPED),
    "SHUTOFF": (VmState.STOPPED,),
    "ERROR": (VmState.ERROR,),
    "DELETED": (VmState.DELETED,),
}
"""Which vm_states a `status` filter may mean."""

_POWER: Final = {"power on": PowerState.RUNNING, "power off": PowerState.SHUTDOWN}


def power_state_of(node_power_state: str | None) -> PowerState:
    """The node's power state in Nova's numbers."""
    return _POWER.get(node_power_state or "", PowerState.NOSTATE)


def hostname_of(name: str, fallback: str) -> str:
    """A host name from a server's name (RFC 1123 label), as Nova makes it; `fallback` if none is left."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "-" for c in name.lower())
    return kept.strip("-.")[:63].rstrip("-.") or fallback
