"""Steps that every node has, whatever its driver: hold, wait, and the power switch."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from bessemer.baremetal.domain.node import Power
from bessemer.baremetal.domain.provision.work import (
    Done,
    Failed,
    Outcome,
    Signal,
    StepCall,
    WaitFor,
)
from bessemer.baremetal.interfaces.frames import PURPOSES, into_ramdisk, reboot_into_ramdisk
from bessemer.baremetal.interfaces.power import RESET_DUE
from bessemer.baremetal.interfaces.task import Task
from bessemer.clock import now

LONGEST_WAIT: Final = timedelta(days=1)
UNTIL_TOLD: Final = timedelta(days=36500)
"""A hold has no deadline but this one, which nobody will see."""
HEARTBEAT_PATIENCE: Final = timedelta(minutes=30)


async def hold(task: Task) -> Outcome:
    """Park the work until somebody says `unhold` (or `abort`)."""
    if task.work.memo.get("released"):
        return Done("released by unhold")
    return WaitFor(
        Signal.UNHOLD,
        UNTIL_TOLD,
        "a hold step stopped the work here; go on with `openstack baremetal node unhold "
        f"{task.node.name or task.node.uuid}`, or give up with `… node abort`",
    )


async def wait(task: Task) -> Outcome:
    """Let `seconds` pass; without the argument, wait for the agent's next heartbeat.

    Both in the flow's waiting state, in which it can be aborted.
    """
    seconds = task.work.step.args.get("seconds") if task.work.step is not None else None
    if seconds is None:
        return await _next_heartbeat(task)
    due = await _noted(task, now() + timedelta(seconds=seconds))
    if now() >= due:
        return Done(f"{seconds} s have passed")
    reason = f"a wait step lets {seconds} s pass"
    return WaitFor(Signal.AGENT, LONGEST_WAIT * 2, reason, look_again=due - now())


async def power_on(task: Task) -> Outcome:
    """Switch on; under a ramdisk, into the ramdisk."""
    power = task.interfaces.power
    stays = not task.node.driver_internal_info.get(RESET_DUE)
    if not task.work.boots_ramdisk or (
        stays and await power.get_power_state(task.node) is Power.ON
    ):
        return await power.power_on(task)
    purpose = PURPOSES[task.work.flow]
    return Done("the machine is to start its ramdisk", then=into_ramdisk(purpose))


async def power_off(task: Task) -> Outcome:
    """Switch off and see that the BMC says so."""
    return await task.interfaces.power.power_off(task)


async def reboot(task: Task) -> Outcome:
    """Off and on again; under a ramdisk, into the ramdisk."""
    if task.work.boots_ramdisk:
        then = reboot_into_ramdisk(task.work.flow)
    else:
        then = (StepCall("power", "power_off"), StepCall("power", "power_on"))
    return Done("the machine is to start anew", then=then)


RESERVED: Final[Mapping[str, Callable[[Task], Awaitable[Outcome]]]] = {
    "hold": hold,
    "wait": wait,
    "power_on": power_on,
    "power_off": power_off,
    "reboot": reboot,
}
"""By name; users may give them with any interface."""

RESERVED_ARGUMENTS: Final[Mapping[str, Mapping[str, bool]]] = {
    name: {"seconds": False} if name == "wait" else {} for name in RESERVED
}


async def _next_heartbeat(task: Task) -> Outcome:
    last = task.node.driver_internal_info.get("agent_last_heartbeat")
    if not task.work.boots_ramdisk:
        return Failed("Step wait needs the argument seconds: no ramdisk runs that could call.")
    if "last_heartbeat" not in task.work.memo:
        await task.note(last_heartbeat=last)
    if last != task.work.memo["last_heartbeat"]:
        return Done("the agent has called")
    return WaitFor(Signal.AGENT, HEARTBEAT_PATIENCE, "a wait step waits for the next heartbeat")


async def _noted(task: Task, due: datetime) -> datetime:
    noted = task.work.memo.get("due")
    if noted is not None:
        return datetime.fromisoformat(noted)
    await task.note(due=due.isoformat())
    return due
