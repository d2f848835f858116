"""Work: what is being done to a node, as data that survives the process doing it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from bessemer.baremetal.domain.provision.states import Event, State
from bessemer.context import RequestId


class Flow(StrEnum):
    """The kinds of work; each begins with a verb and ends in a stable or failed state."""

    VERIFY = "verify"
    INSPECT = "inspect"
    CLEAN = "clean"
    DEPLOY = "deploy"
    TEAR_DOWN = "tear down"
    ADOPT = "adopt"
    RESCUE = "rescue"
    UNRESCUE = "unrescue"
    SERVICE = "service"


class Signal(StrEnum):
    """What a step may wait for."""

    AGENT = "agent heartbeat"
    INSPECTION = "inspection data"
    TIMER = "timer"
    """Nothing from outside: look again after the pause."""
    UNHOLD = "unhold"
    """An operator's word, by the verb of that name."""
    TURN = "turn"
    """Those of the same flow that come first."""


@dataclass(frozen=True, slots=True)
class StepCall:
    """One step to run: `interface.name` with arguments."""

    interface: str
    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 0
    abortable: bool = True
    chosen: bool = False
    """A step of the phase itself: the driver's, a template's, a user's; not of the frame around it."""
    on_children: bool = False
    """Run on the node's child nodes instead of on the node."""
    children: tuple[str, ...] = ()
    """With `on_children`: only on these (uuids); empty: on all."""

    def __str__(self) -> str:
        return f"{self.interface}.{self.name}"


FIND_RAMDISK: Final = "find_ramdisk"
INTO_RAMDISK: Final = frozenset({"wait_for_ramdisk", FIND_RAMDISK})
"""Steps of the deploy interface behind which an agent is at hand."""


@dataclass(frozen=True, slots=True)
class Done:
    """The step is finished. `then` is put in front of what is left."""

    detail: str = ""
    then: tuple[StepCall, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Run this step again upon `signal`, or `look_again` from now; fail it after `timeout`.

    The deadline counts from the step's first wait; `extends` (there was a sign of life) sets it
    anew from now. `reason` says in words what is waited for; it is shown to users.
    """

    signal: Signal
    timeout: timedelta
    reason: str
    look_again: timedelta | None = None
    extends: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The step cannot succeed. `reason` names cause and next safe command.

    `aborted`: nothing went wrong, somebody wanted it stopped.
    """

    reason: str
    aborted: bool = False


Outcome = Done | WaitFor | Failed


@dataclass(frozen=True, slots=True)
class Waiting:
    """A WaitFor with its moments."""

    signal: Signal
    since: datetime
    until: datetime
    reason: str
    look_again_at: datetime | None = None

    @property
    def due_at(self) -> datetime:
        """When the worker must look at this, signal or not."""
        return min(self.until, self.look_again_at) if self.look_again_at else self.until


@dataclass(frozen=True, slots=True)
class Work:
    """What is in hand on one node. `steps[index]` is the step in hand; `failure` set: cleaning up."""

    node_uuid: str
    flow: Flow
    intent: str
    request_id: RequestId
    steps: tuple[StepCall, ...]
    clean_up: tuple[StepCall, ...] = ()
    """Run instead of what is left when a step fails or the work is aborted."""
    finish: Event = Event.DONE
    """The event that ends the work well (DONE; MANAGE after manual cleaning)."""
    index: int = 0
    memo: Mapping[str, Any] = field(default_factory=dict)
    """What the step in hand has written down for its next run; emptied between steps."""
    waiting: Waiting | None = None
    signalled: bool = False
    abort: str | None = None
    """Who or what wants the work stopped; read between steps and while waiting."""
    failure: str | None = None
    aborted: bool = False
    """`failure` is no fault: somebody wanted the work stopped."""
    in_step: bool = False
    """What failed was a chosen step, not the frame around those."""
    clean_up_failure: str | None = None
    """The first thing that went wrong while cleaning up."""
    admitted: bool = False
    """Its turn has come: it counts among those of its flow that run at once."""
    user: str | None = None
    project: str | None = None
    progress_done: int = 0
    progress_total: int = 0

    @property
    def step(self) -> StepCall | None:
        """The step in hand; None when all are done."""
        return self.steps[self.index] if self.index < len(self.steps) else None

    @property
    def queues(self) -> bool:
        """Whether it waits until others of its flow have ended."""
        return self.waiting is not None and self.waiting.signal is Signal.TURN

    @property
    def awaits_ramdisk(self) -> bool:
        """Whether a later step waits for what a ramdisk says once it is up."""
        left = self.steps[self.index + 1 :]
        return any(call.name in {"wait_for_ramdisk", "wait_for_data"} for call in left)

    @property
    def boots_ramdisk(self) -> bool:
        """Whether this work's machine runs its steps under the deploy ramdisk."""
        return any(call.name in INTO_RAMDISK for call in self.steps)


@dataclass(frozen=True, slots=True)
class FlowStates:
    """The provision states that a flow passes through."""

    running: State
    waiting: State | None = None
    holding: State | None = None


FLOW_STATES: Mapping[Flow, FlowStates] = {
    Flow.VERIFY: FlowStates(State.VERIFYING),
    Flow.INSPECT: FlowStates(State.INSPECTING, State.INSPECT_WAIT),
    Flow.CLEAN: FlowStates(State.CLEANING, State.CLEAN_WAIT, State.CLEAN_HOLD),
    Flow.DEPLOY: FlowStates(State.DEPLOYING, State.DEPLOY_WAIT, State.DEPLOY_HOLD),
    Flow.TEAR_DOWN: FlowStates(State.DELETING),
    Flow.ADOPT: FlowStates(State.ADOPTING),
    Flow.RESCUE: FlowStates(State.RESCUING, State.RESCUE_WAIT),
    Flow.UNRESCUE: FlowStates(State.UNRESCUING),
    Flow.SERVICE: FlowStates(State.SERVICING, State.SERVICE_WAIT, State.SERVICE_HOLD),
}

PHASES: Mapping[Flow, str] = {
    Flow.VERIFY: "verify",
    Flow.DEPLOY: "deploy",
    Flow.CLEAN: "clean",
    Flow.SERVICE: "service",
}
"""The flows that carry out steps of users and drivers, and what those steps are marked with."""
