"""What a build step answers; the worker decides what follows."""

from dataclasses import dataclass

from bessemer.compute.domain.server import Server
from bessemer.errors import BessemerError


@dataclass(frozen=True, slots=True)
class Done:
    """The step is finished; `server` carries what it found out."""

    server: Server
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Reschedule:
    """The chosen node is not to be had: choose again."""

    server: Server
    detail: str


@dataclass(frozen=True, slots=True)
class WaitForNode:
    """The node is at it; look again when it changes."""

    progress: int | None = None
    detail: str = ""


Outcome = Done | Reschedule | WaitForNode


class StepFailed(BessemerError):
    """The step cannot succeed. The message names the cause; `next_command` is safe to type."""

    def __init__(self, message: str, next_command: str | None = None) -> None:
        super().__init__(message)
        self.next_command = next_command


class NoValidHost(StepFailed):
    """No node meets the request."""
