"""One source, several consumers at once: hashing runs beside writing."""

import queue
import threading
from collections.abc import Callable, Iterable, Sequence

PIECES_IN_FLIGHT = 8


class _Consumer:
    """A thread that takes pieces until None; after a failure it takes them and does nothing."""

    def __init__(self, work: Callable[[bytes], None]) -> None:
        self._work = work
        self.pieces: queue.Queue[bytes | None] = queue.Queue(PIECES_IN_FLIGHT)
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while (piece := self.pieces.get()) is not None:
            if self.failure is None:
                try:
                    self._work(piece)
                except BaseException as error:  # told by the thread that feeds us
                    self.failure = error


def feed_all(pieces: Iterable[bytes], consumers: Sequence[Callable[[bytes], None]]) -> None:
    """Give every piece to every consumer, in order; return when all are done with the last.

    Memory: at most eight pieces wait for each consumer. The first failure is raised.
    """
    workers = [_Consumer(work) for work in consumers]
    try:
        for piece in pieces:
            for worker in workers:
                worker.pieces.put(piece)
                if worker.failure is not None:
                    return
    finally:
        for worker in workers:
            worker.pieces.put(None)
        for worker in workers:
            worker.thread.join()
        _raise_first(workers)


def _raise_first(workers: list[_Consumer]) -> None:
    for worker in workers:
        if worker.failure is not None:
            raise worker.failure
