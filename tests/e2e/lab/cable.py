"""The end of a cable where a machine would be: sends and hears frames, from within the test."""

import contextlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bessemer_lab.lab import Lab

ENDPOINT = Path(__file__).with_name("endpoint.py")


class Cable:
    """One plugged-in cable end."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        self._stdin = process.stdin
        self._heard: queue.Queue[bytes] = queue.Queue()

    def listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        for line in process.stdout:
            self._heard.put(bytes.fromhex(line))

    def send(self, frame: bytes) -> None:
        self._stdin.write(frame.hex() + "\n")
        self._stdin.flush()

    def hears(self, part: bytes, limit_s: float) -> bytes | None:
        """The next frame with `part` in it, or None if none comes within the limit."""
        deadline = time.monotonic() + limit_s
        with contextlib.suppress(queue.Empty):
            while (rest := deadline - time.monotonic()) > 0:
                frame = self._heard.get(timeout=rest)
                if part in frame:
                    return frame
        return None


@contextlib.contextmanager
def plugged_in(lab: Lab, port: str) -> Iterator[Cable]:
    """Plug a cable into the switch port."""
    with subprocess.Popen(
        lab.in_namespace([sys.executable, str(ENDPOINT), port]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "up\n"
        cable = Cable(process)
        listener = threading.Thread(target=cable.listen, args=(process,))
        listener.start()
        try:
            yield cable
        finally:
            process.stdin.close()
            process.wait(5)
            listener.join(5)
