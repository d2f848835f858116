"""The heartbeater: at once, after each end of a command, and again until the conductor reacts."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bessemer_agent import heartbeater
from bessemer_agent.conductor import Conflict
from bessemer_agent.heartbeater import Heartbeater


@contextmanager
def beating(failures: int = 0) -> Iterator[tuple[Heartbeater, "queue.Queue[float]"]]:
    sent: queue.Queue[float] = queue.Queue()
    left = iter([True] * failures)

    def send() -> None:
        sent.put(time.monotonic())
        if next(left, False):
            raise Conflict("the node is locked")

    beater = Heartbeater(send, heartbeat_timeout_s=1000)
    thread = threading.Thread(target=beater.run)
    thread.start()
    try:
        yield beater, sent
    finally:
        beater.stop()
        thread.join()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeater, "SHORTEST_GAP_S", 0.05)
    monkeypatch.setattr(heartbeater, "REMINDER_S", 0.3)
    monkeypatch.setattr(heartbeater, "AFTER_ERROR_S", (0.1, 0.2))


def test_the_first_comes_at_once_and_the_next_much_later() -> None:
    with beating() as (_, sent):
        sent.get(timeout=5)
        with pytest.raises(queue.Empty):
            sent.get(timeout=0.6)


def test_a_forced_one_is_repeated_if_nothing_follows() -> None:
    with beating() as (beater, sent):
        sent.get(timeout=5)
        beater.force()
        first, second = sent.get(timeout=5), sent.get(timeout=5)
        assert 0.2 < second - first < 2
        with pytest.raises(queue.Empty):
            sent.get(timeout=0.6)


def test_a_command_that_follows_ends_the_reminding() -> None:
    with beating() as (beater, sent):
        sent.get(timeout=5)
        beater.force()
        sent.get(timeout=5)
        beater.command_received()
        with pytest.raises(queue.Empty):
            sent.get(timeout=0.8)


def test_a_conflict_is_tried_again_soon() -> None:
    with beating(failures=2) as (_, sent):
        times = [sent.get(timeout=5) for _ in range(3)]
        assert times[2] - times[0] < 2
