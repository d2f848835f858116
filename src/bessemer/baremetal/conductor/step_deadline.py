"""A step that gives no answer is given up: hardware may hang, work on a node must not."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from bessemer.baremetal.conductor.engine import Engine
from bessemer.baremetal.domain.provision.work import Failed, Outcome, StepCall
from bessemer.baremetal.interfaces.plugin import Plugin


def longest_run(engine: Engine, plugin: Plugin, step: StepCall) -> timedelta:
    """How long one run of this step may take: as it says itself, else as the settings say."""
    facts = plugin.steps().get(step.name)
    return engine.step_timeout if facts is None or facts.timeout is None else facts.timeout


async def in_time(run: Awaitable[Outcome], step: StepCall, limit: timedelta) -> Outcome:
    """What the run answers; Failed when it does not within `limit`. It is broken off then."""
    try:
        async with asyncio.timeout(limit.total_seconds()) as timer:
            return await run
    except TimeoutError:
        if not timer.expired():
            raise
        return Failed(
            f"Step {step} gave no answer within {limit.total_seconds():g} s and was given up; what it "
            "ordered may still be under way. Look at the machine and its BMC, then try again; if the "
            "step needs longer, raise baremetal.step_timeout."
        )
