"""What the demo shows while it runs: chapters with their seconds, and the sixteen steps live."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

Step = Mapping[str, Any]
"""One row of `GET /compute/v2.1/servers/{id}/timeline`."""

_FRAME_S = 1 / 6
_BAR = 20
"""Characters of the bar that shows how much of the image is written."""

_MARKS = {"done": "[green]✔[/]", "failed": "[red]✘[/]", "waiting": "[dim]·[/]"}


@dataclass
class Chapter:
    """One part of the story and how long it took."""

    title: str
    started: float = field(default_factory=time.monotonic)
    seconds: float | None = None
    detail: str = ""
    """What came of it."""
    hint: str = ""
    """What it waits for, while it runs."""
    with_steps: bool = False
    """The sixteen steps are shown below it."""

    @property
    def elapsed(self) -> float:
        """Seconds so far."""
        return self.seconds if self.seconds is not None else time.monotonic() - self.started


class Screen:
    """Draws on a terminal, or prints a line at a time where there is none."""

    def __init__(self) -> None:
        self.console = Console(stderr=False, width=None if sys.stdout.isatty() else 110)
        self.chapters: list[Chapter] = []
        self.steps: Sequence[Step] = ()
        self._printed: set[int] = set()
        self._spinner = Spinner("dots")
        # Drawn from the event loop alone: a thread of rich's own would race with what is printed.
        self._live = Live(
            get_renderable=self._draw, console=self.console, auto_refresh=False, transient=True
        )

    @asynccontextmanager
    async def showing(self) -> AsyncIterator["Screen"]:
        """Draw while the body runs; leave the finished lines behind."""
        if not self.console.is_terminal:
            yield self
            return
        with self._live:
            drawing = asyncio.create_task(self._keep_drawing())
            try:
                yield self
            finally:
                drawing.cancel()

    async def _keep_drawing(self) -> None:
        while True:
            self._live.refresh()
            await asyncio.sleep(_FRAME_S)

    @contextmanager
    def chapter(self, title: str, *, hint: str = "", with_steps: bool = False) -> Iterator[Chapter]:
        """Time one part of the story."""
        chapter = Chapter(title, hint=hint, with_steps=with_steps)
        self.chapters.append(chapter)
        if not self.console.is_terminal:
            self.console.print(f"… {title}")
        try:
            yield chapter
        except BaseException:
            chapter.seconds = chapter.elapsed
            self.console.print(f"[red]✘[/] {title} [dim]{chapter.seconds:.1f} s[/]")
            raise
        chapter.seconds = chapter.elapsed
        self.console.print(
            f"[green]✔[/] {title} [bold]{chapter.seconds:6.1f} s[/]  [dim]{chapter.detail}[/]"
        )

    def show_steps(self, steps: Sequence[Step]) -> None:
        """The sixteen steps as they stand now."""
        self.steps = steps
        if self.console.is_terminal:
            return
        for step in steps:
            if step["state"] in {"done", "failed"} and step["number"] not in self._printed:
                self._printed.add(step["number"])
                self.console.print(f"    {step['number']:2} {step['state']:7} {step['title']}")

    def _draw(self) -> Group:
        open_chapters = [chapter for chapter in self.chapters if chapter.seconds is None]
        lines: list[Any] = []
        for chapter in open_chapters:
            hint = f"  {chapter.hint}" if chapter.hint else ""
            self._spinner.update(text=Text(f"{chapter.title}  {chapter.elapsed:.1f} s{hint}"))
            lines.append(self._spinner)
        if self.steps and any(chapter.with_steps for chapter in open_chapters):
            lines.append(steps_table(self.steps))
        return Group(*lines)


def steps_table(steps: Sequence[Step]) -> Table:
    """The sixteen steps: mark, title, seconds, and how far the one in hand is."""
    table = Table(box=None, padding=(0, 1), show_header=False)
    for keeps_its_width in (True, True, False, True, False):
        table.add_column(no_wrap=keeps_its_width)
    for step in steps:
        table.add_row(
            f"{step['number']:2}",
            _MARKS.get(step["state"], "[yellow]▶[/]"),
            _one_line(step["title"]),
            _seconds(step),
            _progress(step),
        )
    return table


def _seconds(step: Step) -> str:
    started, finished = step.get("started_at"), step.get("finished_at")
    if not started:
        return ""
    until = datetime.fromisoformat(finished) if finished else datetime.now(UTC)
    seconds = (until - datetime.fromisoformat(started)).total_seconds()
    return f"{seconds:6.1f} s"


def _progress(step: Step) -> Any:
    percent = step.get("progress")
    if step["state"] != "running" or percent is None:
        return _one_line(str(step.get("detail") or ""), "dim")
    filled = round(percent / 100 * _BAR)
    return Text(f"{percent:3.0f} % {'━' * filled}{'╌' * (_BAR - filled)}")


def _one_line(text: str, style: str = "") -> Text:
    """Cut off where the terminal is too narrow: sixteen steps have to fit into 24 lines."""
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")
