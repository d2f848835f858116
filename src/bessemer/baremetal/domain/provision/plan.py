"""What an outcome, a signal or the clock does to the work that is left. Pure."""

from dataclasses import replace
from datetime import datetime

from bessemer.baremetal.domain.provision.work import (
    Done,
    Failed,
    Outcome,
    WaitFor,
    Waiting,
    Work,
)


def after(work: Work, outcome: Outcome, now: datetime) -> Work:
    """The work once its step in hand has answered."""
    match outcome:
        case Done(then=then):
            rest = work.steps[work.index + 1 :]
            steps = (*work.steps[: work.index + 1], *then, *rest)
            return _fresh(replace(work, steps=steps, index=work.index + 1))
        case WaitFor():
            return replace(work, waiting=_waiting(work, outcome, now), signalled=False)
        case Failed():
            return failed(work, outcome)


def failed(work: Work, outcome: Failed) -> Work:
    """Turn to the clean-up steps; a failure among those never stops the rest of them."""
    if work.failure is not None:
        first = work.clean_up_failure or outcome.reason
        return _fresh(replace(work, index=work.index + 1, clean_up_failure=first))
    return _fresh(
        replace(
            work,
            failure=outcome.reason,
            aborted=outcome.aborted,
            in_step=work.step is not None and work.step.chosen,
            steps=work.clean_up,
            index=0,
            abort=None,
        )
    )


def may_run(work: Work, now: datetime) -> bool:
    """Whether the step in hand should be run now."""
    waiting = work.waiting
    if waiting is None or work.signalled or abort_now(work) is not None:
        return True
    return waiting.due_at <= now


def overdue(work: Work, now: datetime) -> str | None:
    """Why waiting has ended in failure, in words; None while there is time."""
    waiting = work.waiting
    if waiting is None or work.signalled or now < waiting.until:
        return None
    waited = round((now - waiting.since).total_seconds())
    return f"timed out after {waited} s: {waiting.reason}"


def abort_now(work: Work) -> str | None:
    """The reason to stop before running the step in hand; None to go on.

    A step that must not be interrupted is let finish: the abort takes effect at its end.
    """
    step = work.step
    if work.abort is None or work.failure is not None or step is None:
        return None
    begun = work.waiting is not None or bool(work.memo)
    return work.abort if step.abortable or not begun else None


def _waiting(work: Work, outcome: WaitFor, now: datetime) -> Waiting:
    before = work.waiting
    same_wait = before is not None and before.signal is outcome.signal and not outcome.extends
    return Waiting(
        signal=outcome.signal,
        since=before.since if before is not None and same_wait else now,
        until=before.until if before is not None and same_wait else now + outcome.timeout,
        reason=outcome.reason,
        look_again_at=now + outcome.look_again if outcome.look_again is not None else None,
    )


def _fresh(work: Work) -> Work:
    return replace(work, memo={}, waiting=None, signalled=False, progress_done=0, progress_total=0)
