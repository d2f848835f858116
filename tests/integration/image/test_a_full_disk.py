"""No room left: a clear error, the image queued again, and nothing left behind. Needs root."""

import os
import subprocess

import pytest
from tests.api.image.room import a_room

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")


@pytest.fixture
def small_disk(tmp_path):
    store = tmp_path / "small"
    store.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(store)], check=True)
    yield store
    subprocess.run(["umount", str(store)], check=True)


@pytest.fixture
async def room(tmp_path, small_disk):
    async with a_room(tmp_path, store_directory=small_disk) as room:
        yield room


def left_behind(room):
    found = (room.directory / "small").rglob("*")
    return [path for path in found if path.is_file() and path.name != "lock"]


async def test_an_announced_size_that_does_not_fit_is_refused_before_it_is_sent(room):
    image_id = await room.create()
    answer = await room.upload(image_id, b"x" * 9_000_000)
    assert answer.status == 413
    assert "no room left" in answer.json["message"]
    assert (await room.show(image_id))["status"] == "queued"


async def test_a_disk_that_fills_up_on_the_way(room):
    async def pieces():
        for _ in range(200):
            yield b"x" * 65536

    image_id = await room.create()
    answer = await room.upload(image_id, pieces())
    assert answer.status == 413
    assert "delete images" in answer.json["message"]
    assert (await room.show(image_id))["status"] == "queued"
    assert left_behind(room) == []
    assert (await room.upload(image_id, b"small")).status == 204
