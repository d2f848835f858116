"""What happened to a server: actions that somebody asked for, and the events they consist of."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Action:
    """One request of somebody: create, delete, stop, start, reboot. Named by its request id."""

    server_id: str
    request_id: str
    action: str
    user_id: str
    project_id: str
    started_at: datetime
    updated_at: datetime
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One step of an action. `result`: Success, Error, or None while in hand."""

    server_id: str
    request_id: str
    name: str
    started_at: datetime
    finished_at: datetime | None = None
    result: str | None = None
    detail: str = ""
