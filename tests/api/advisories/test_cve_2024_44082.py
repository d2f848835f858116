"""Ironic CVE-2024-44082 (OSSA-2024-003): an image was taken for what its name said, and qemu-img run on
it. What an image is, its bytes say; what refers to other files, or is of no permitted format, is gone
before any program sees it."""

import subprocess

import pytest
from tests.api.image.room import a_room

from bessemer_formats import UnsafeImage, check_allowed, inspect

VMDK = b'# Disk DescriptorFile\nversion=1\nRW 1 FLAT "/etc/shadow" 0\n' + b"\n" * 500


def a_qcow2_of_etc_shadow(folder):
    command = ["qemu-img", "create", "-q", "-u", "-f", "qcow2", "-b", "/etc/shadow", "-F", "raw"]
    subprocess.run([*command, folder / "i", "1M"], check=True)
    return (folder / "i").read_bytes()


@pytest.mark.parametrize("declared", ["raw", "qcow2"])
@pytest.mark.parametrize("content", [a_qcow2_of_etc_shadow, lambda _folder: VMDK])
async def test_the_image_service_keeps_none(tmp_path, declared, content):
    data = content(tmp_path)
    (tmp_path / "room").mkdir()
    async with a_room(tmp_path / "room") as room:
        image_id = await room.create(disk_format=declared)
        assert (await room.upload(image_id, data)).status == 400
        assert (await room.show(image_id))["status"] == "killed"
        assert room.files() == []


@pytest.mark.parametrize("content", [a_qcow2_of_etc_shadow, lambda _folder: VMDK])
def test_neither_does_the_agent_judge_by_names(tmp_path, content):
    """Server and agent judge by the same code, which gets no name to be misled by."""
    data = content(tmp_path)
    with pytest.raises(UnsafeImage):
        judge(data)


def judge(data):
    facts = inspect(lambda offset, length: data[offset : offset + length], len(data))
    check_allowed(facts, ("raw", "gpt", "qcow2"))
