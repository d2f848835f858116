"""Steps that were asked for, as calls: directly, or by way of the agent that must know its own."""

from collections.abc import Sequence

import msgspec

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.operations.steps import Judged
from bessemer.errors import Invalid


def run_in_order(steps: Sequence[Judged], *, ramdisk: bool) -> tuple[StepCall, ...]:
    """Raises Invalid for steps of an agent where no ramdisk runs."""
    calls = tuple(step.call for step in steps)
    in_band = [str(step.call) for step in steps if step.in_band]
    if not in_band:
        return calls
    if not ramdisk:
        raise Invalid(
            f"No interface of this node has the steps {', '.join(in_band)}; if the agent has them, "
            "they need the ramdisk: leave disable_ramdisk out, and take a deploy interface that "
            "boots one."
        )
    return (StepCall("deploy", "check_steps", {"wanted": msgspec.to_builtins(calls)}),)
