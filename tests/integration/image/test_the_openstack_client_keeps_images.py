"""The real `openstack` client and openstacksdk against our image API."""

import asyncio
import os
import sys

import pytest
from tests.api.image.room import a_room
from tests.live_server import OpenStackFailed, openstack

JSON = ("-f", "json")


@pytest.fixture
async def cloud(tmp_path):
    async with a_room(tmp_path) as room:
        config = tmp_path / "clouds.yaml"
        config.write_text(
            "clouds:\n  bessemer:\n    auth_type: none\n"
            f"    endpoint: {room.base_url}/image\n"
            f"    image_endpoint_override: {room.base_url}/image\n"
            "    image_api_version: '2'\n"
        )
        yield config


async def test_create_list_show_set_save_delete(cloud, tmp_path):
    data = os.urandom(300_000)
    (tmp_path / "disk.raw").write_bytes(data)
    made = await openstack(
        cloud,
        *("image", "create", "debian", "--file", str(tmp_path / "disk.raw")),
        *("--disk-format", "raw", "--container-format", "bare", "--public", "--min-disk", "2"),
        *("--property", "hw_firmware_type=uefi", "--tag", "lts", *JSON),
    )
    assert made["status"] == "active"
    assert made["size"] == len(data)
    assert made["properties"]["hw_firmware_type"] == "uefi"
    listed = await openstack(cloud, "image", "list", *JSON)
    assert [(row["Name"], row["Status"]) for row in listed] == [("debian", "active")]
    await openstack(cloud, "image", "set", "debian", "--property", "kernel_id=k", "--protected")
    await openstack(cloud, "image", "set", "debian", "--name", "renamed", "--tag", "more")
    await openstack(cloud, "image", "unset", "renamed", "--property", "hw_firmware_type")
    shown = await openstack(cloud, "image", "show", "renamed", *JSON)
    assert shown["protected"] is True
    assert shown["properties"]["kernel_id"] == "k"
    assert "hw_firmware_type" not in shown["properties"]
    assert shown["tags"] == ["lts", "more"]
    await openstack(cloud, "image", "save", "renamed", "--file", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == data
    with pytest.raises(OpenStackFailed, match="protected"):
        await openstack(cloud, "image", "delete", "renamed")
    await openstack(cloud, "image", "set", "renamed", "--unprotected", "--deactivate")
    await openstack(cloud, "image", "delete", "renamed")
    assert await openstack(cloud, "image", "list", *JSON) == []


async def test_a_refused_image_is_told_why(cloud, tmp_path):
    (tmp_path / "disk").write_bytes(b"KDMV" + b"\0" * 5000)
    with pytest.raises(OpenStackFailed, match="format vmdk; permitted are"):
        await openstack(
            cloud,
            *("image", "create", "bad", "--file", str(tmp_path / "disk")),
            *("--disk-format", "raw", "--container-format", "bare"),
        )
    assert await openstack(cloud, "image", "list", *JSON) == []


async def test_the_sdk_pages_through_and_finds_by_name(tmp_path):
    async with a_room(tmp_path) as room:
        ids = {await room.create(name=f"image {n}") for n in range(5)}
        script = tmp_path / "pages.py"
        script.write_text(_PAGES.format(endpoint=f"{room.base_url}/image"))
        assert set((await _python(script)).split()) == {*ids, "found"}


_PAGES = """
import openstack
cloud = openstack.connect(auth_type="none", endpoint="{endpoint}",
                          image_endpoint_override="{endpoint}", image_api_version="2")
print(*(image.id for image in cloud.image.images(limit=2)))
assert cloud.image.find_image("image 3").name == "image 3"
assert cloud.image.find_image("nothing") is None
print("found")
"""


async def _python(script):
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return out.decode()
