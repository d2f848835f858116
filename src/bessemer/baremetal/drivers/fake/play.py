"""What a fake machine is told to do: delays and failures, by `fake_*` fields of driver_info. Pure."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.work import Failed, Outcome, Signal, WaitFor
from bessemer.baremetal.interfaces.task import Task
from bessemer.errors import HardwareFailure, Invalid, Transient

Now = Callable[[], datetime]

SLACK: Final = timedelta(minutes=1)
"""How much longer than its delay a fake step may take before it counts as stuck."""

_BMC_FAULTS: Final[Mapping[str, type[Transient | HardwareFailure]]] = {
    "busy": Transient,
    "refuses": HardwareFailure,
}

PROPERTIES: Final[Mapping[str, str]] = {
    "fake_power_delay_s": "Seconds until an ordered power state is reported. Default: 0.",
    "fake_step_delay_s": (
        "Seconds that a step takes: a number for all, or an object like "
        '{"deploy.write_image": 5}. Default: 0.'
    ),
    "fake_fail_step": "Steps that fail, like deploy.write_image; several with commas.",
    "fake_hang_step": "Steps that never answer, like deploy.write_image; several with commas.",
    "fake_bmc": "busy (try again) or refuses (give up): what every order to the BMC meets.",
}
"""Fields of driver_info that every fake plug-in follows."""


@dataclass(frozen=True, slots=True)
class Script:
    """`fake_power_delay_s`: seconds until an ordered power state is reported.

    `fake_step_delay_s`: seconds per step, a number for all or `{"deploy.write_image": 5}`.
    `fake_fail_step`: `deploy.write_image`, or several with commas: these steps fail.
    `fake_hang_step`: likewise; these steps never answer.
    `fake_bmc`: `busy` (every order raises Transient) or `refuses` (HardwareFailure).
    """

    power_delay: timedelta
    step_delays: Mapping[str, timedelta]
    delay_of_all: timedelta
    failing: frozenset[str]
    hanging: frozenset[str]
    bmc: str

    def delay_of(self, step: str) -> timedelta:
        """How long this step is to take."""
        return self.step_delays.get(step, self.delay_of_all)


def script_of(node: Node) -> Script:
    """Raises Invalid, naming the field."""
    info = node.driver_info
    per_step = info.get("fake_step_delay_s") or 0
    delays = per_step if isinstance(per_step, Mapping) else {}
    bmc = str(info.get("fake_bmc") or "")
    if bmc and bmc not in _BMC_FAULTS:
        raise Invalid(f"driver_info.fake_bmc must be one of {', '.join(_BMC_FAULTS)}.")
    return Script(
        power_delay=_delay("fake_power_delay_s", info.get("fake_power_delay_s") or 0),
        step_delays={str(k): _delay("fake_step_delay_s", v) for k, v in delays.items()},
        delay_of_all=_delay("fake_step_delay_s", 0 if delays else per_step),
        failing=_names(info.get("fake_fail_step")),
        hanging=_names(info.get("fake_hang_step")),
        bmc=bmc,
    )


def ask_bmc(node: Node) -> Script:
    """The script, once the fake BMC has answered. Raises Transient or HardwareFailure if told to."""
    script = script_of(node)
    if script.bmc:
        raise _BMC_FAULTS[script.bmc](
            f"The fake BMC of node {node.uuid} does as driver_info.fake_bmc = {script.bmc} says."
        )
    return script


async def played(task: Task, step: str, now: Now) -> Outcome | None:
    """Failed or a wait as the script wants it; None once the step may be done."""
    script = script_of(task.node)
    if step in script.failing:
        return Failed(
            f"Step {step} failed: driver_info.fake_fail_step says so. Unset it and retry."
        )
    if step in script.hanging:
        await asyncio.get_running_loop().create_future()
    delay = script.delay_of(step)
    if not delay:
        return None
    due = await _due(task, delay, now)
    left = due - now()
    if left <= timedelta(0):
        return None
    percent = round(100 * (1 - left / delay))
    await task.progress(percent, 100)
    return WaitFor(Signal.TIMER, delay + SLACK, f"{step} is told to take {delay}", look_again=left)


async def _due(task: Task, delay: timedelta, now: Now) -> datetime:
    noted = task.work.memo.get("fake_due")
    if noted is not None:
        return datetime.fromisoformat(noted)
    due = now() + delay
    await task.note(fake_due=due.isoformat())
    return due


def _names(value: Any) -> frozenset[str]:
    return frozenset(filter(None, str(value or "").split(",")))


def _delay(key: str, value: Any) -> timedelta:
    try:
        delay = timedelta(seconds=float(value))
    except (TypeError, ValueError, OverflowError):
        delay = timedelta(-1)
    if delay < timedelta(0):
        raise Invalid(f"driver_info.{key} must be a number of seconds.")
    return delay
