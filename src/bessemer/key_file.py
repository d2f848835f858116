"""Key files: made once, whole or not at all, for their owner's eyes only."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def make_key_file(path: Path, content: bytes) -> None:
    """Write it (0600), unless it is there already: of two processes that start at once, one wins.

    All of it or nothing, even when the power fails in between.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
