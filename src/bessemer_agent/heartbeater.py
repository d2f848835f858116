"""Tells the conductor regularly, and whenever something finished, that the agent is alive."""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from bessemer_agent.conductor import Conflict, Refused
from bessemer_agent.http_request import Unreachable
from bessemer_agent.log import seconds_since_boot

LOG = logging.getLogger(__name__)

SHARE_OF_TIMEOUT = (0.3, 0.6)
AFTER_ERROR_S = (5.0, 10.0)
SHORTEST_GAP_S = 1.0
# A conductor that was still busy with the last heartbeat drops the next one without a word.
REMINDER_S = 5.0


@dataclass(slots=True)
class _Plan:
    """When the next heartbeat is due (monotonic seconds), and whether a reminder follows it."""

    due: float
    remind: bool = False


class Heartbeater:
    """`send` posts one heartbeat; it raises Unreachable, Conflict or Refused."""

    def __init__(self, send: Callable[[], None], heartbeat_timeout_s: float) -> None:
        self._send = send
        self._timeout_s = heartbeat_timeout_s
        self._changed = threading.Condition()
        self._plan = _Plan(due=time.monotonic())
        self._last = float("-inf")
        self._stopped = False

    def run(self) -> None:
        """Send until stopped; the first at once."""
        while self._wait_until_due():
            self._beat()

    def force(self) -> None:
        """Something finished: heartbeat now, and once more if no command follows."""
        with self._changed:
            self._plan = _Plan(due=max(time.monotonic(), self._last + SHORTEST_GAP_S), remind=True)
            self._changed.notify()

    def command_received(self) -> None:
        """The conductor noticed: no reminder is needed."""
        with self._changed:
            self._plan.remind = False
            if self._plan.due - self._last <= REMINDER_S + SHORTEST_GAP_S:
                self._plan.due = self._last + self._interval_s()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _wait_until_due(self) -> bool:
        with self._changed:
            while not self._stopped:
                left_s = self._plan.due - time.monotonic()
                if left_s <= 0:
                    return True
                self._changed.wait(left_s)
            return False

    def _beat(self) -> None:
        with self._changed:
            remind, self._plan.remind = self._plan.remind, False
            self._last = time.monotonic()
            next_s = REMINDER_S if remind else self._interval_s()
            self._plan.due = self._last + next_s
        try:
            self._send()
            LOG.info("Heartbeat sent %.2f s after the kernel's start", seconds_since_boot())
        except (Unreachable, Conflict, Refused) as error:
            LOG.warning("Heartbeat: %s", error)
            with self._changed:
                self._plan.due = time.monotonic() + random.uniform(*AFTER_ERROR_S)

    def _interval_s(self) -> float:
        return self._timeout_s * random.uniform(*SHARE_OF_TIMEOUT)
