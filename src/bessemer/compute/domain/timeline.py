"""The sixteen steps from request to `active`: one table of what is shown and where it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from bessemer.baremetal.public import JournalEntry, Progress
from bessemer.compute.domain.events import Event
from bessemer.compute.domain.server import VmState

FLOW: Final = "deploy"


@dataclass(frozen=True, slots=True)
class Step:
    """One row. Sources in the order in which they happen; the last one closes the row.

    `events`: names of compute events. `journal`: `interface.step` of the node's flow `deploy`.
    `share`: percent of the whole that the row takes, for the progress bar.
    """

    number: int
    title: str
    share: int
    events: tuple[str, ...] = ()
    journal: tuple[str, ...] = ()


STEPS: Final = (
    Step(1, "Request reaches the scheduler", 1, events=("request",)),
    Step(2, "Scheduler picks a node", 1, events=("schedule",)),
    Step(3, "Node is claimed", 1, events=("claim",)),
    Step(4, "Network ports are created", 1, events=("create_vifs",)),
    Step(
        5,
        "Node is told what to become; interfaces validated; ports attached; config drive built",
        1,
        events=("set_instance_info", "validate", "attach_vifs", "build_config_drive"),
    ),
    Step(6, "Deploy is requested", 1, events=("request_deploy",)),
    Step(
        7,
        "Node is put on the provisioning network",
        3,
        journal=(
            "power.power_off",
            "network.unconfigure_tenant_networks",
            "network.add_network",
        ),
    ),
    Step(8, "Network boot is prepared", 1, journal=("boot.prepare_ramdisk",)),
    Step(9, "Node is set to network boot", 1, journal=("management.boot_from_network",)),
    Step(10, "Image is made ready", 1, journal=("deploy.prepare_image",)),
    Step(11, "Node is powered on", 1, journal=("power.power_on",)),
    Step(
        12,
        "Node boots the deploy ramdisk",
        27,
        journal=("deploy.find_ramdisk", "deploy.wait_for_ramdisk"),
    ),
    Step(13, "Image is written", 50, journal=("deploy.write_image",)),
    Step(
        14,
        "Boot from disk is set; ramdisk powers off",
        6,
        journal=("deploy.prepare_instance_boot", "deploy.tear_down_agent"),
    ),
    Step(
        15,
        "Node moves to the tenant network and is powered on",
        3,
        journal=("deploy.switch_to_tenant_network", "deploy.boot_instance"),
    ),
    Step(16, "Node is active", 1, events=("active",)),
)

_PHASE: Final = {
    step.number: min(step.number, 7) if step.number < 13 else step.number for step in STEPS
}
"""Rows 7 to 12 are one phase: a driver may do them in an order of its own."""

_STEP_OF_JOURNAL: Final = {name: step for step in STEPS for name in step.journal}


class RowState(StrEnum):
    """How a row stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as shown. `progress`: percent, only of a running step that tells it."""

    number: int
    title: str
    state: RowState
    started_at: datetime | None = None
    finished_at: datetime | None = None
    detail: str = ""
    progress: int | None = None


@dataclass(frozen=True, slots=True)
class InHand:
    """The node's step in hand, as `interface.step`, and how far it is."""

    step: str | None = None
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class _Mark:
    """One source's moment."""

    source: str
    started_at: datetime
    finished_at: datetime | None
    failed: bool
    detail: str


def timeline(
    events: Sequence[Event],
    journal: Sequence[JournalEntry],
    vm_state: VmState,
    in_hand: InHand | None = None,
) -> list[Row]:
    """The sixteen rows. Pure; `events` are those of the server's creation."""
    marks = _marks(events, journal)
    rows = [_row(step, marks, in_hand or InHand()) for step in STEPS]
    reached = max((_PHASE[row.number] for row in rows if row.started_at), default=0)
    if vm_state in (VmState.ACTIVE, VmState.STOPPED):
        reached = len(STEPS) + 1
    rows = [_passed(row) if _PHASE[row.number] < reached else row for row in rows]
    return _with_failure(rows) if vm_state is VmState.ERROR else rows


def own_entries(journal: Sequence[JournalEntry], since: datetime) -> list[JournalEntry]:
    """The deploy's entries of a server made at `since`: a node's journal may hold older lives."""
    return [entry for entry in journal if entry.flow == FLOW and entry.started_at >= since]


def progress_of(in_hand: InHand) -> int | None:
    """Percent of the whole when this step of the node is in hand; None when it says nothing."""
    step = _STEP_OF_JOURNAL.get(in_hand.step or "")
    if step is None:
        return None
    before = sum(other.share for other in STEPS if other.number < step.number)
    return min(99, before + step.share * (percent_of(in_hand.progress) or 0) // 100)


def progress_before(event: str) -> int:
    """Percent of the whole when this compute event begins."""
    numbers = [step.number for step in STEPS if event in step.events]
    return sum(step.share for step in STEPS if numbers and step.number < numbers[0] < 16)


def percent_of(progress: Progress | None) -> int | None:
    """0 to 100, None while the total is unknown."""
    if progress is None or progress.total <= 0:
        return None
    return max(0, min(100, progress.done * 100 // progress.total))


def _marks(events: Sequence[Event], journal: Sequence[JournalEntry]) -> Mapping[str, list[_Mark]]:
    marks: dict[str, list[_Mark]] = {}
    for event in events:
        failed = event.result == "Error"
        mark = _Mark(event.name, event.started_at, event.finished_at, failed, event.detail)
        marks.setdefault(f"event:{event.name}", []).append(mark)
    for entry in journal:
        if entry.flow == FLOW:
            name = f"{entry.interface}.{entry.step}"
            failed = entry.outcome in ("failed", "aborted")
            mark = _Mark(name, entry.started_at, entry.finished_at, failed, entry.detail)
            marks.setdefault(f"journal:{name}", []).append(mark)
    return marks


def _row(step: Step, marks: Mapping[str, list[_Mark]], in_hand: InHand) -> Row:
    sources = [f"event:{name}" for name in step.events]
    sources += [f"journal:{name}" for name in step.journal]
    found = [mark for source in sources for mark in marks.get(source, ())]
    if not found:
        return Row(step.number, step.title, RowState.WAITING)
    last = max(found, key=lambda mark: (mark.started_at, mark.finished_at is None))
    state = _state(last, closed=sources[-1] in marks)
    return Row(
        step.number,
        step.title,
        state,
        started_at=min(mark.started_at for mark in found),
        finished_at=last.finished_at if state in (RowState.DONE, RowState.FAILED) else None,
        detail=last.detail,
        progress=percent_of(in_hand.progress)
        if state is RowState.RUNNING and in_hand.step in step.journal
        else None,
    )


def _state(last: _Mark, *, closed: bool) -> RowState:
    if last.failed:
        return RowState.FAILED
    if last.finished_at is not None and closed:
        return RowState.DONE
    return RowState.RUNNING


def _passed(row: Row) -> Row:
    """A row is over once a later phase has begun, whatever of it was recorded."""
    if row.state in (RowState.FAILED, RowState.DONE):
        return row
    return replace(row, state=RowState.DONE, progress=None)


def _with_failure(rows: Sequence[Row]) -> list[Row]:
    """In ERROR, what was running has failed; if nothing was, then what would have come next."""
    if not any(row.state in (RowState.FAILED, RowState.RUNNING) for row in rows):
        waiting = (row.number for row in rows if row.state is RowState.WAITING)
        culprits = {next(waiting, 0)}
    else:
        culprits = {row.number for row in rows if row.state is RowState.RUNNING}
    return [
        replace(row, state=RowState.FAILED, progress=None) if row.number in culprits else row
        for row in rows
    ]
