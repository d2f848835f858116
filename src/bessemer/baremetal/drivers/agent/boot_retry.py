"""A ramdisk that does not call back: its machine starts it anew, within the time that is left."""

from dataclasses import replace
from datetime import datetime, timedelta

from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome, StepCall, WaitFor
from bessemer.baremetal.interfaces.frames import start_ramdisk_anew
from bessemer.baremetal.interfaces.task import Task


async def patient(
    task: Task, wait: WaitFor, patience: timedelta | None, now: datetime, until: str | None
) -> Outcome:
    """`wait`; or the way into the ramdisk once more when `patience` has passed in vain.

    `until`: the step's own argument, in a later start the moment (ISO 8601) at which the wait of
    the first one ends. The step in hand is run again in the end, with that argument. A machine
    that nobody can switch is waited for as if there were no `patience`.
    """
    step = task.work.step
    if patience is None or step is None or not task.interfaces.power.has_switch(task.node):
        return wait
    since = await _since(task, now)
    end = since + wait.timeout if until is None else datetime.fromisoformat(until)
    if end <= now:
        return Failed(f"timed out: {wait.reason}")
    if since + patience > now:
        return replace(wait, timeout=end - now, look_again=since + patience - now)
    again: StepCall = replace(step, args={**step.args, "until": end.isoformat()})
    return Done(
        f"nothing heard for {round((now - since).total_seconds())} s: the machine starts anew",
        then=(*start_ramdisk_anew(task.work.flow), again),
    )


async def _since(task: Task, now: datetime) -> datetime:
    """When this start's wait began; a wait that is taken up again goes on."""
    noted = task.work.memo.get("since")
    if noted is None:
        await task.note(since=now.isoformat())
        return now
    return datetime.fromisoformat(noted)
