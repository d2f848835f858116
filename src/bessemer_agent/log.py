"""Log lines on the console: seconds since the kernel started, request id, message."""

import logging
import sys
import time
from collections import deque

RECENT_LINES = 5000


def seconds_since_boot() -> float:
    """Of the running kernel (CLOCK_BOOTTIME)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class RecentLines(logging.Handler):
    """Keeps the newest lines for the conductor (log.collect_system_logs); bounded."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=RECENT_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class _Format(logging.Formatter):
    def __init__(self, request_id: str | None) -> None:
        super().__init__()
        self._request_id = request_id or "-"

    def format(self, record: logging.LogRecord) -> str:
        # One event is one line, whatever a switch or an image server put into it.
        text = record.getMessage().encode("unicode_escape").decode("ascii")
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        where = record.name.removeprefix("bessemer_agent.")
        moment = f"[{seconds_since_boot():.2f}]"
        return f"{moment} {record.levelname} [{self._request_id}] {where}: {text}"


def start_logging(request_id: str | None, *, debug: bool) -> RecentLines:
    """Send everything to standard error (the console) and keep the newest lines."""
    recent = RecentLines()
    root = logging.getLogger()
    root.handlers.clear()
    for handler in (logging.StreamHandler(sys.stderr), recent):
        handler.setFormatter(_Format(request_id))
        root.addHandler(handler)
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    return recent
