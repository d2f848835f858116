"""The files that hold the images' bytes: written aside, made durable, then given their name."""

import errno
import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final

from bessemer.errors import ConfigurationError, TooLarge

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class StoreFull(TooLarge):
    """No room is left for images. Glance answers 413 to this."""


class Incoming:
    """An image being received. Blocking: call it in a thread. `discard` or `keep` ends it."""

    def __init__(self, path: Path, final: Path, limit: int) -> None:
        self._path, self._final, self._limit = path, final, limit
        self._file: IO[bytes] = path.open("xb+", buffering=0)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha512 = hashlib.sha512()
        self.size = 0

    def take(self, pieces: Iterable[bytes]) -> None:
        """Append. Raises TooLarge over the limit, StoreFull when the disk is full."""
        for piece in pieces:
            self.size += len(piece)
            if self.size > self._limit:
                raise TooLarge(
                    f"The image is larger than {self._limit} bytes, the most that may be uploaded "
                    "(setting image.max_size_gib)."
                )
            self._write(piece)
            self._md5.update(piece)
            self._sha512.update(piece)

    def _write(self, piece: bytes) -> None:
        rest = memoryview(piece)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            if error.errno in _FULL:
                raise full(self._path.parent) from error
            raise

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes at `offset`; fewer only at the end."""
        return os.pread(self._file.fileno(), length, offset)

    @property
    def checksum(self) -> str:
        """MD5 of what came so far, in hex."""
        return self._md5.hexdigest()

    @property
    def hash_value(self) -> str:
        """SHA-512 of what came so far, in hex."""
        return self._sha512.hexdigest()

    def keep(self) -> None:
        """Make it durable under its final name. Raises StoreFull."""
        try:
            os.fsync(self._file.fileno())
            self._file.close()
            self._path.rename(self._final)
            _sync_directory(self._final.parent)
        except OSError as error:
            if error.errno in _FULL:
                raise full(self._path.parent) from error
            raise

    def discard(self) -> None:
        """Idempotent; does nothing to what was kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class ImageFiles:
    """A directory of image files that belongs to this process alone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._incoming = directory / "incoming"
        self._stored = directory / "images"
        self._lock: IO[bytes] | None = None
        self._ident = ""

    def open(self) -> None:
        """Make the directory and take it. Raises ConfigurationError when another process has it."""
        for folder in (self._incoming, self._stored):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        lock = self._directory / "lock"
        self._lock = lock.open("a+b")
        lock.chmod(0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise ConfigurationError(
                f"Another process keeps its images in {self._directory}: stop it, or give this one "
                "a directory of its own (image.store_directory)."
            ) from error

        self._ident = _ident(self._lock)

    @property
    def ident(self) -> str:
        """The directory's own name, by which the database knows it; there after `open`."""
        assert self._ident, "ImageFiles.open() has not run"
        return self._ident

    def close(self) -> None:
        """Give the directory back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def receive(self, image_id: str, limit: int) -> Incoming:
        """Begin to write an image of at most `limit` bytes."""
        return Incoming(self._incoming / image_id, self._stored / image_id, limit)

    def check_room(self, size: int) -> None:
        """Raises StoreFull when `size` more bytes do not fit."""
        found = os.statvfs(self._incoming)
        if size > found.f_bavail * found.f_frsize:
            raise full(self._incoming)

    def path(self, image_id: str) -> Path:
        """Where the bytes of an active image are."""
        return self._stored / image_id

    def remove(self, image_id: str) -> None:
        """Idempotent. Downloads under way go on to their end."""
        self.path(image_id).unlink(missing_ok=True)

    def remove_strays(self, wanted: frozenset[str]) -> list[str]:
        """Remove unfinished uploads and files that no image owns; returns their names."""
        strays = [
            *self._incoming.iterdir(),
            *(path for path in self._stored.iterdir() if path.name not in wanted),
        ]
        for path in strays:
            path.unlink()
        return [path.name for path in strays]


def full(folder: Path) -> StoreFull:
    """The error for a full disk, naming the place."""
    return StoreFull(
        f"There is no room left for images in {folder.parent}: delete images or make it larger, "
        "then upload again."
    )


def _ident(lock: IO[bytes]) -> str:
    """As the lock file says; written there when the directory is new."""
    lock.seek(0)
    known = lock.read().decode("ascii", "replace").strip()
    if not known:
        known = str(uuid.uuid4())
        lock.write(known.encode())
        lock.flush()
        os.fsync(lock.fileno())
    return known


def _sync_directory(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
