"""The build, in order: one table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bessemer.compute.domain.server import Server, TaskState
from bessemer.compute.operations.outcomes import Outcome
from bessemer.compute.operations.plug import attach_vifs, create_vifs
from bessemer.compute.operations.rooms import Rooms
from bessemer.compute.operations.schedule import claim, schedule
from bessemer.compute.operations.spawn import (
    build_config_drive,
    request_deploy,
    set_instance_info,
    validate,
    wait_until_active,
)


@dataclass(frozen=True, slots=True)
class BuildStep:
    """One step; idempotent, for a crash between "ran" and "saved" runs it again."""

    name: str
    task_state: TaskState
    run: Callable[[Rooms, Server], Awaitable[Outcome]]
    purpose: str
    """For sentences like "could not <purpose>"."""


STEPS: Final = (
    BuildStep("schedule", TaskState.SCHEDULING, schedule, "find a node"),
    BuildStep("claim", TaskState.SCHEDULING, claim, "claim the node"),
    BuildStep("create_vifs", TaskState.NETWORKING, create_vifs, "create the network ports"),
    BuildStep(
        "set_instance_info", TaskState.SPAWNING, set_instance_info, "tell the node what to become"
    ),
    BuildStep("validate", TaskState.SPAWNING, validate, "validate the node"),
    BuildStep(
        "attach_vifs", TaskState.SPAWNING, attach_vifs, "attach the network ports to the node"
    ),
    BuildStep(
        "build_config_drive", TaskState.SPAWNING, build_config_drive, "build the config drive"
    ),
    BuildStep("request_deploy", TaskState.SPAWNING, request_deploy, "request the deploy"),
    BuildStep("wait_until_active", TaskState.SPAWNING, wait_until_active, "deploy the node"),
)

STEP: Final = {step.name: step for step in STEPS}
FIRST: Final = STEPS[0]


def following(name: str) -> BuildStep | None:
    """The step after this one; None after the last."""
    position = STEPS.index(STEP[name]) + 1
    return STEPS[position] if position < len(STEPS) else None
