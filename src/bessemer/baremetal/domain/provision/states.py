"""The thirty provision states and the events between them, in wire spelling."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """A node's provision state (Ironic's `provision_state`)."""

    ENROLL = "enroll"
    VERIFYING = "verifying"
    MANAGEABLE = "manageable"
    AVAILABLE = "available"
    ACTIVE = "active"
    ERROR = "error"
    DEPLOYING = "deploying"
    DEPLOY_WAIT = "wait call-back"
    DEPLOY_HOLD = "deploy hold"
    DEPLOY_FAILED = "deploy failed"
    DELETING = "deleting"
    CLEANING = "cleaning"
    CLEAN_WAIT = "clean wait"
    CLEAN_HOLD = "clean hold"
    CLEAN_FAILED = "clean failed"
    INSPECTING = "inspecting"
    INSPECT_WAIT = "inspect wait"
    INSPECT_FAILED = "inspect failed"
    ADOPTING = "adopting"
    ADOPT_FAILED = "adopt failed"
    RESCUE = "rescue"
    RESCUING = "rescuing"
    RESCUE_WAIT = "rescue wait"
    RESCUE_FAILED = "rescue failed"
    UNRESCUING = "unrescuing"
    UNRESCUE_FAILED = "unrescue failed"
    SERVICING = "servicing"
    SERVICE_WAIT = "service wait"
    SERVICE_HOLD = "service hold"
    SERVICE_FAILED = "service failed"


class Event(StrEnum):
    """What may happen to a node; verbs of the API and reports of its worker."""

    ABORT = "abort"
    ADOPT = "adopt"
    CLEAN = "clean"
    DELETE = "delete"
    DEPLOY = "deploy"
    DONE = "done"
    FAIL = "fail"
    HOLD = "hold"
    INSPECT = "inspect"
    MANAGE = "manage"
    PROVIDE = "provide"
    REBUILD = "rebuild"
    RESCUE = "rescue"
    RESUME = "resume"
    SERVICE = "service"
    UNHOLD = "unhold"
    UNRESCUE = "unrescue"
    WAIT = "wait"


STABLE: Final = frozenset(
    {State.ENROLL, State.MANAGEABLE, State.AVAILABLE, State.ACTIVE, State.ERROR, State.RESCUE}
)
"""Where a node may stay for years. Its target state is null."""

WAITING: Final = frozenset(
    {
        State.DEPLOY_WAIT,
        State.CLEAN_WAIT,
        State.INSPECT_WAIT,
        State.RESCUE_WAIT,
        State.SERVICE_WAIT,
    }
)
"""Waiting for the agent, or another sign from outside."""

LOOKUP_ALLOWED: Final = frozenset(
    {
        State.DEPLOYING,
        State.DEPLOY_WAIT,
        State.CLEANING,
        State.CLEAN_WAIT,
        State.INSPECTING,
        State.INSPECT_WAIT,
        State.RESCUING,
        State.RESCUE_WAIT,
        State.SERVICING,
        State.SERVICE_WAIT,
    }
)
"""States in which the node's ramdisk may look the node up."""

HOLDING: Final = frozenset({State.DEPLOY_HOLD, State.CLEAN_HOLD, State.SERVICE_HOLD})
"""Parked until an operator says `unhold` or `abort`."""

HEARTBEAT_ALLOWED: Final = LOOKUP_ALLOWED | HOLDING
"""States in which signs of life of the node's ramdisk are taken."""

DELETE_ALLOWED: Final = frozenset(
    {State.ENROLL, State.MANAGEABLE, State.AVAILABLE, State.ADOPT_FAILED}
)
"""States in which a node may be removed from the inventory; in maintenance: any."""

TARGETS: Final = {
    State.VERIFYING: State.MANAGEABLE,
    State.INSPECTING: State.MANAGEABLE,
    State.DEPLOYING: State.ACTIVE,
    State.ADOPTING: State.ACTIVE,
    State.UNRESCUING: State.ACTIVE,
    State.SERVICING: State.ACTIVE,
    State.CLEANING: State.AVAILABLE,
    State.DELETING: State.AVAILABLE,
    State.RESCUING: State.RESCUE,
}
"""Where the work begun in a state leads."""

IN_MOTION: Final = frozenset(TARGETS) | WAITING
"""States in which a worker or an agent is busy with the machine."""
