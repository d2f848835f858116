"""What a conductor downloads in order to write it: checked first, unpacked, kept within bounds."""

import asyncio
import hashlib
import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.agent import image_server
from tests.integration.agent.image_server import ImageServer

from bessemer.baremetal.drivers.iscsi.master_images import MasterImages
from bessemer.baremetal.drivers.iscsi.qemu_img import QemuImg
from bessemer.baremetal.drivers.users_urls import ANYWHERE, Bounds
from bessemer.errors import Invalid
from bessemer_wire import Checksum

MIB = 1 << 20
RAW = os.urandom(2 * MIB)


def sha256(data: bytes) -> Checksum:
    return Checksum("sha256", hashlib.sha256(data).hexdigest())


def masters(folder: Path, limit_bytes: int = 100 * MIB) -> MasterImages:
    return MasterImages(folder, limit_bytes, QemuImg(timedelta(seconds=5)))


def packed(folder: Path, *options: str) -> bytes:
    raw, image = folder / "raw", folder / "qcow2"
    raw.write_bytes(RAW)
    convert = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", *options, raw, image]
    subprocess.run(convert, check=True)
    return image.read_bytes()


async def test_an_image_is_downloaded_once_for_all_nodes_and_unpacked(tmp_path):
    content = packed(tmp_path)
    kept = masters(tmp_path / "cache")
    with image_server.running(ImageServer(content)) as image:
        names = await asyncio.gather(
            *(kept.linked(image.url, sha256(content), "qcow2", ANYWHERE) for _ in range(3))
        )
        assert len(image.requests) == 1
    assert len(set(names)) == 3
    assert all(name.read_bytes() == RAW for name in names)
    for name in names:
        name.unlink()
    assert [each.suffix for each in (tmp_path / "cache").iterdir()] == [".raw"]


@pytest.mark.parametrize(
    ("expected", "announced", "words"),
    [
        (sha256(b"something else"), "raw", "Check the image and its checksum"),
        (sha256(RAW), "qcow2", "announced as qcow2, but it is raw"),
    ],
)
async def test_what_is_not_as_announced_is_not_kept(tmp_path, expected, announced, words):
    with (
        image_server.running(ImageServer(RAW)) as image,
        pytest.raises(Invalid, match=words),
    ):
        await masters(tmp_path).linked(image.url, expected, announced, ANYWHERE)
    assert list(tmp_path.iterdir()) == []


def backed(folder: Path) -> bytes:
    """A qcow2 image that needs another file."""
    (folder / "of").write_bytes(RAW)
    create = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", folder / "of"]
    subprocess.run([*create, folder / "backed"], check=True)
    return (folder / "backed").read_bytes()


async def test_an_image_that_names_another_file_is_never_opened(tmp_path):
    content = backed(tmp_path)
    with (
        image_server.running(ImageServer(content)) as image,
        pytest.raises(Invalid, match="backing file"),
    ):
        await masters(tmp_path / "cache").linked(image.url, sha256(content), "qcow2", ANYWHERE)
    assert list((tmp_path / "cache").iterdir()) == []


async def test_the_longest_unused_goes_when_there_are_too_many(tmp_path):
    kept = masters(tmp_path, limit_bytes=5 * MIB)
    for number in range(3):
        content = bytes([number + 1]) * 2 * MIB
        with image_server.running(ImageServer(content)) as image:
            own = await kept.linked(image.url, sha256(content), "raw", ANYWHERE)
        assert own.read_bytes() == content
        own.unlink()
    assert len(list(tmp_path.iterdir())) == 2


async def test_a_users_url_is_no_way_to_this_host(tmp_path):
    with (
        image_server.running(ImageServer(RAW)) as image,
        pytest.raises(Invalid, match=r"baremetal\.fetch_allow"),
    ):
        await masters(tmp_path).linked(image.url, sha256(RAW), "raw", Bounds())
    assert image.requests == []
    assert list(tmp_path.iterdir()) == []
