"""The sixteen rows, from events and journal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulated.baremetal import DEPLOY
from tests.unit.compute.servers import at

from bessemer.baremetal.public import JournalEntry, Progress
from bessemer.compute.domain.events import Event
from bessemer.compute.domain.server import VmState
from bessemer.compute.domain.timeline import STEPS, InHand, progress_before, progress_of, timeline

OURS = [name for step in STEPS[:6] for name in step.events]
THEIRS = list(DEPLOY)
"""The journal of a whole deploy, in order."""

WRITE = THEIRS.index("deploy.write_image")


def events(count=99, *, open_last=False, failed=False):
    made = [
        Event("s", "r", name, at(n), at(n + 1), "Success") for n, name in enumerate(OURS[:count])
    ]
    if open_last or failed:
        last = made[-1]
        result = "Error" if failed else None
        made[-1] = Event("s", "r", last.name, last.started_at, at(99) if failed else None, result)
    return made


def journal(count=99, *, last="done"):
    made: list[JournalEntry] = []
    count = min(count, len(THEIRS))
    for number, name in enumerate(THEIRS[:count]):
        interface, step = name.split(".")
        outcome = "done" if number < count - 1 else last
        end = at(101 + number) if outcome else None
        made.append(JournalEntry("deploy", interface, step, at(100 + number), end, outcome))
    return made


def states(rows):
    return [row.state.value for row in rows]


def test_before_anything():
    rows = timeline([], [], VmState.BUILDING)
    assert [row.number for row in rows] == list(range(1, 17))
    assert states(rows) == ["waiting"] * 16


def test_the_shares_make_a_hundred():
    assert sum(step.share for step in STEPS) == 100


def test_while_the_scheduler_is_at_it():
    rows = timeline(events(2, open_last=True), [], VmState.BUILDING)
    assert states(rows) == ["done", "running"] + ["waiting"] * 14
    assert rows[1].started_at == at(1)
    assert rows[1].finished_at is None


def test_row_five_runs_until_the_config_drive_is_built():
    rows = timeline(events(6), [], VmState.BUILDING)
    assert states(rows)[:6] == ["done"] * 4 + ["running", "waiting"]
    rows = timeline(events(8), [], VmState.BUILDING)
    assert states(rows)[:6] == ["done"] * 5 + ["waiting"]
    assert (rows[4].started_at, rows[4].finished_at) == (at(4), at(8))


def test_while_the_image_is_written():
    in_hand = InHand("deploy.write_image", Progress(300, 1200))
    rows = timeline(events(), journal(WRITE + 1, last=None), VmState.BUILDING, in_hand)
    assert states(rows) == ["done"] * 12 + ["running"] + ["waiting"] * 3
    assert rows[12].progress == 25
    assert rows[6].started_at == at(100)
    assert rows[6].finished_at == at(103)


def test_the_order_inside_the_preparation_is_the_drivers_business():
    rows = timeline(events(), journal(4, last=None), VmState.BUILDING)
    by_number = {row.number: row.state.value for row in rows}
    assert (by_number[7], by_number[8], by_number[10]) == ("done", "waiting", "running")


def test_a_ramdisk_that_is_looked_for_is_that_row():
    looking = [JournalEntry("deploy", "deploy", "find_ramdisk", at(100), None, None)]
    assert states(timeline(events(6), looking, VmState.BUILDING))[11] == "running"
    found = [JournalEntry("deploy", "deploy", "find_ramdisk", at(100), at(101), "done")]
    writing = [JournalEntry("deploy", "deploy", "write_image", at(101), None, None)]
    rows = timeline(events(6), found + writing, VmState.BUILDING)
    assert states(rows)[11:13] == ["done", "running"]


def test_active():
    done = [*events(), Event("s", "r", "active", at(200), at(200), "Success")]
    rows = timeline(done, journal(), VmState.ACTIVE)
    assert states(rows) == ["done"] * 16
    assert rows[15].finished_at == at(200)


def test_rows_that_nobody_recorded_are_done_when_the_server_is_active():
    assert states(timeline([], [], VmState.ACTIVE)) == ["done"] * 16


def test_a_failed_write():
    rows = timeline(events(), journal(WRITE + 1, last="failed"), VmState.ERROR)
    assert states(rows) == ["done"] * 12 + ["failed"] + ["waiting"] * 3


def test_a_failed_claim():
    rows = timeline(events(3, failed=True), [], VmState.ERROR)
    assert states(rows) == ["done", "done", "failed"] + ["waiting"] * 13


def test_a_node_that_went_silent_fails_the_row_in_hand():
    rows = timeline(events(), journal(WRITE, last=None), VmState.ERROR)
    assert [row.number for row in rows if row.state.value == "failed"] == [12]


def test_a_step_run_again_after_a_crash_keeps_its_first_moment():
    again = JournalEntry("deploy", "deploy", "write_image", at(150), at(160), "done")
    rows = timeline(events(), [*journal(WRITE + 1, last="aborted"), again], VmState.BUILDING)
    assert rows[12].state.value == "done"
    assert (rows[12].started_at, rows[12].finished_at) == (at(100 + WRITE), at(160))


def test_other_flows_are_not_shown():
    clean = JournalEntry("clean", "deploy", "write_image", at(0), at(1), "failed")
    assert states(timeline([], [clean], VmState.BUILDING)) == ["waiting"] * 16


def test_progress_grows_along_the_way():
    names = [name for step in STEPS for name in step.events if name != "active"]
    ours = [progress_before(name) for name in names]
    theirs = [progress_of(InHand(name)) for step in STEPS for name in step.journal]
    halfway = progress_of(InHand("deploy.write_image", Progress(50, 100, "percent")))
    assert ours + theirs == sorted(ours + theirs)
    assert halfway == progress_of(InHand("deploy.write_image")) + 25
    assert progress_of(InHand("clean.erase")) is None
    assert progress_of(InHand(None)) is None


@given(
    st.integers(0, len(OURS)),
    st.integers(0, len(THEIRS)),
    st.sampled_from(["done", "failed", None]),
    st.sampled_from(list(VmState)),
)
def test_always_sixteen_rows_and_never_running_in_error(ours, theirs, last, vm_state):
    rows = timeline(events(ours), journal(theirs, last=last), vm_state)
    assert [row.number for row in rows] == list(range(1, 17))
    if vm_state is VmState.ERROR:
        assert "running" not in states(rows)
    for row in rows:
        assert row.finished_at is None or row.started_at is not None


@pytest.mark.parametrize("count", range(len(THEIRS)))
def test_no_row_of_a_finished_phase_waits(count):
    rows = timeline(events(), journal(count, last=None), VmState.BUILDING)
    running = [row.number for row in rows if row.state.value == "running"]
    assert all(row.state.value == "done" for row in rows if row.number < 7)
    assert len(running) <= 3
