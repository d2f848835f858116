"""Serves an image by temporary URL and downloads it over loopback: MB/s and the server's memory.

uv run python -m bench.image_download --gib 1
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Final

import uvicorn
from starlette.applications import Starlette

from bessemer.context import admin_context
from bessemer.db.engine import open_database
from bessemer.db.upgrade import upgrade
from bessemer.image.api.object_store import object_store_service
from bessemer.image.service import EmbeddedImages
from bessemer.image.settings import ImageSettings
from bessemer.web.authentication import noauth
from bessemer.web.dispatch import application

PIECE: Final = 4 * 1024 * 1024
GIB: Final = 1024**3
FORMATS: Final = {"disk_format": "raw", "container_format": "bare"}


def main() -> int:
    """Serve in a child process, download with curl, print both."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--gib", type=float, default=1)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--serve", nargs=2, metavar=("DIRECTORY", "PORT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    size = int(options.gib * GIB)
    if options.serve:
        _serve(Path(options.serve[0]), int(options.serve[1]), size)
        return 0
    with tempfile.TemporaryDirectory(prefix="image-download-") as directory:
        _measure(directory, size, options)
    return 0


def _measure(directory: str, size: int, options: argparse.Namespace) -> None:
    argv = [sys.executable, "-m", "bench.image_download", "--gib", str(options.gib)]
    server = subprocess.Popen(
        [*argv, "--serve", directory, "16399"], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        print(f"upload: {_after('upload: ', server.stdout)}")
        url = _after("URL: ", server.stdout)
        before = _memory_mib(server.pid, "VmRSS")
        for _ in range(options.times):
            print(f"download: {size / 1e6 / _download(url, size):.0f} MB/s")
        peak = _memory_mib(server.pid, "VmHWM")
        print(f"server: {before:.0f} MiB before, {peak:.0f} MiB at most")
    finally:
        server.terminate()
        server.wait()


def _after(word: str, lines: IO[str]) -> str:
    """The rest of the first line that begins so; log lines come in between."""
    return next(line.removeprefix(word).strip() for line in lines if line.startswith(word))


def _download(url: str, size: int) -> float:
    """Seconds, by curl with a body thrown away."""
    out = ("--output", os.devnull, "--write-out", "%{size_download} %{time_total} %{http_code}")
    done = subprocess.run(
        ["curl", "--silent", "--fail", *out, "--retry-connrefused", "--retry", "20", url],
        check=True,
        stdout=subprocess.PIPE,
    )
    got, seconds, _status = done.stdout.split()
    if int(got) != size:
        raise SystemExit(f"{int(got)} bytes came instead of {size}.")
    return float(seconds)


def _memory_mib(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name + ":"))


def _serve(directory: Path, port: int, size: int) -> None:
    database = open_database(f"sqlite+aiosqlite:///{directory}/test.db")
    images = EmbeddedImages(database, ImageSettings(), directory)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await upgrade(database)
        await images.start()
        await _publish(images, size, port)
        yield
        await images.stop()
        await database.close()

    app = application([object_store_service(images)], noauth(), lifespan)
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False)


async def _publish(images: EmbeddedImages, size: int, port: int) -> None:
    """Upload, say how fast that was, and print the URL."""
    context = admin_context()
    image = await images.catalogue.create(context, FORMATS)
    started = time.monotonic()
    await images.uploads.upload(context, image.id, _bytes(size), size)
    print(f"upload: {size / 1e6 / (time.monotonic() - started):.0f} MB/s, hashed twice")
    base = f"http://127.0.0.1:{port}"
    lifetime = timedelta(hours=1)
    url = await images.temporary_url(context, image.id, base_url=base, lifetime=lifetime)
    print(f"URL: {url}", flush=True)


async def _bytes(size: int) -> AsyncIterator[bytes]:
    piece = os.urandom(PIECE)
    for at in range(0, size, PIECE):
        yield piece[: min(PIECE, size - at)]
        await asyncio.sleep(0)


if __name__ == "__main__":
    sys.exit(main())
