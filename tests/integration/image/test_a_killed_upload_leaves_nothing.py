"""`kill -9` in the middle of an upload: the next start puts everything right."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from tests.api.image.room import a_room

from bessemer.errors import ConfigurationError

SERVER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.api.image.room import a_room
from bessemer.context import admin_context

async def main():
    async with a_room(Path(sys.argv[1]), Path(sys.argv[1]) / "kept.db") as room:
        done = await room.an_image(b"whole")
        image_id = await room.create()
        async def endless():
            yield b"x" * 9_000_000
            while room.images.files._incoming.joinpath(image_id).stat().st_size < 4_000_000:
                await asyncio.sleep(0.01)
            print(done, image_id, flush=True)
            await asyncio.Event().wait()
        await room.images.uploads.upload(admin_context(), image_id, endless(), None)

asyncio.run(main())
"""


async def a_killed_server(directory):
    """(id of a finished image, id of the one whose upload was cut)"""
    script = directory / "server.py"
    script.write_text(SERVER.format(root=str(Path(__file__).parents[3])))
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), str(directory), stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(60):
            while b"-" not in (line := await process.stdout.readline()) or b"[" in line:
                pass
        if line == b"":
            raise AssertionError("the server ended early")
        with pytest.raises(ConfigurationError, match="Another process"):
            async with a_room(directory, directory / "kept.db"):
                pass
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    return line.decode().split()


async def test_kill_minus_9_during_an_upload(tmp_path):
    whole, cut = await a_killed_server(tmp_path)
    assert (tmp_path / "images/incoming" / cut).stat().st_size > 0
    (tmp_path / "images/images/an-image-that-no-row-knows").write_bytes(b"orphan")
    async with a_room(tmp_path, tmp_path / "kept.db") as room:
        assert room.files() == [whole]
        assert (await room.show(cut))["status"] == "queued"
        assert (await room.show(whole))["status"] == "active"
        assert (await room.upload(cut, b"second try")).status == 204
        assert sorted(room.files()) == sorted([whole, cut])


async def test_another_process_with_a_directory_of_its_own_leaves_an_upload_alone(tmp_path):
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slow():
        yield b"first half, "
        began.set()
        await may_end.wait()
        yield b"second half"

    async with a_room(tmp_path, tmp_path / "kept.db") as room:
        image_id = await room.create()
        upload = asyncio.create_task(room.upload(image_id, slow()))
        await began.wait()
        elsewhere = tmp_path / "elsewhere"
        async with a_room(tmp_path, tmp_path / "kept.db", store_directory=elsewhere):
            assert (await room.show(image_id))["status"] == "saving"
        may_end.set()
        assert (await upload).status == 204
        assert (await room.show(image_id))["status"] == "active"
