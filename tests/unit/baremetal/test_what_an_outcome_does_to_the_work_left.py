"""The plan is a pure function of the work, the outcome and the clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bessemer.baremetal.domain.provision import plan
from bessemer.baremetal.domain.provision.work import (
    Done,
    Failed,
    Flow,
    Signal,
    StepCall,
    WaitFor,
    Work,
)
from bessemer.context import RequestId

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WAIT = WaitFor(Signal.AGENT, timedelta(minutes=30), "the ramdisk has not called back")
POLL = replace(WAIT, look_again=timedelta(seconds=1))


def some_work(**changes: object) -> Work:
    steps = tuple(StepCall("deploy", name) for name in ("one", "two", "three"))
    work = Work(
        node_uuid="n",
        flow=Flow.DEPLOY,
        intent="i",
        request_id=RequestId("req-1"),
        steps=steps,
        clean_up=(StepCall("power", "power_off"), StepCall("boot", "clean_up_ramdisk")),
    )
    return replace(work, **changes)  # type: ignore[arg-type]


def test_a_step_that_is_done_makes_room_for_the_next_one_and_its_memo_is_forgotten():
    rest = plan.after(some_work(memo={"ordered": True}), Done(), NOON)
    assert (rest.step, rest.memo) == (StepCall("deploy", "two"), {})


def test_a_step_may_put_further_steps_in_front_of_what_is_left():
    found = (StepCall("deploy", "erase_devices"),)
    rest = plan.after(some_work(), Done(then=found), NOON)
    assert [step.name for step in rest.steps[rest.index :]] == ["erase_devices", "two", "three"]


def test_waiting_keeps_the_step_and_gives_it_a_deadline():
    waiting = plan.after(some_work(), WAIT, NOON)
    assert waiting.step == StepCall("deploy", "one")
    assert not plan.may_run(waiting, NOON + timedelta(minutes=29))
    assert plan.may_run(waiting, NOON + timedelta(minutes=30))
    assert plan.overdue(waiting, NOON + timedelta(minutes=29)) is None
    assert plan.overdue(waiting, NOON + timedelta(minutes=30)) == (
        "timed out after 1800 s: the ramdisk has not called back"
    )


def test_looking_again_does_not_move_the_deadline_but_a_sign_of_life_does():
    first = plan.after(some_work(), POLL, NOON)
    later = NOON + timedelta(minutes=10)
    again = plan.after(first, POLL, later)
    alive = plan.after(first, replace(POLL, extends=True), later)
    assert again.waiting is not None
    assert alive.waiting is not None
    assert again.waiting.until == NOON + timedelta(minutes=30)
    assert alive.waiting.until == later + timedelta(minutes=30)


def test_a_signal_that_has_come_beats_the_deadline():
    waiting = replace(plan.after(some_work(), WAIT, NOON), signalled=True)
    assert plan.overdue(waiting, NOON + timedelta(days=1)) is None
    assert plan.may_run(waiting, NOON)


def test_a_failure_turns_to_the_clean_up_and_a_failure_there_does_not_stop_the_rest():
    failed = plan.after(some_work(index=1), Failed("no image"), NOON)
    assert (failed.failure, failed.step) == ("no image", StepCall("power", "power_off"))
    still = plan.after(failed, Failed("BMC silent"), NOON)
    assert (still.failure, still.step) == ("no image", StepCall("boot", "clean_up_ramdisk"))
    assert plan.after(still, Done(), NOON).step is None


def test_an_abort_stops_before_the_next_step_and_never_the_clean_up():
    asked = some_work(abort="aborted by alice")
    assert plan.abort_now(asked) == "aborted by alice"
    assert plan.may_run(replace(plan.after(some_work(), WAIT, NOON), abort="x"), NOON)
    cleaning_up = replace(
        plan.failed(asked, Failed("aborted by alice", aborted=True)), abort="again"
    )
    assert plan.abort_now(cleaning_up) is None


def test_a_step_that_must_not_be_interrupted_is_let_finish():
    careful = (StepCall("deploy", "flash", abortable=False), StepCall("deploy", "two"))
    waiting = replace(plan.after(some_work(steps=careful), WAIT, NOON), abort="x")
    assert plan.abort_now(waiting) is None
    assert plan.abort_now(plan.after(waiting, Done(), NOON)) == "x"


@given(st.lists(st.sampled_from([Done(), WAIT, POLL, Failed("f")]), max_size=40))
def test_whatever_steps_answer_the_work_comes_to_an_end(outcomes):
    work = some_work()
    for outcome in outcomes:
        if work.step is not None:
            work = plan.after(work, outcome, NOON)
    while work.step is not None:
        work = plan.after(work, Done(), NOON)
    assert work.failure in {None, "f"}
    assert work.waiting is None
