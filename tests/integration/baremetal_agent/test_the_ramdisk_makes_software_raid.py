"""RAID interface `agent` against the built ramdisk in a virtual machine with two disks."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from tests.baremetal_task import MemoryTask, a_node
from tests.integration.agent import conductor_server, image_server
from tests.integration.agent.conductor_server import TOKEN, ConductorServer
from tests.integration.agent.image_server import ImageServer
from tests.integration.agent.ramdisk_machine import HOST_SEEN_BY_GUEST, booted
from tests.integration.baremetal_agent.test_the_true_agent_does_what_the_steps_say import run_on

from bessemer.baremetal.domain.provision.work import Done, Failed, Flow
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.orders import Order, Orders
from bessemer.baremetal.drivers.agent.raid import AgentRaid
from bessemer.baremetal.settings import BareMetalSettings

MIB, GIB = 1 << 20, 1 << 30
SETTINGS = BareMetalSettings(
    agent_poll_interval=timedelta(milliseconds=200), agent_lost_after=timedelta(seconds=30)
)
MIRROR = {"size_gb": 4, "raid_level": "1", "volume_name": "system", "is_root_volume": True}
SUPERBLOCK = (0xA92B4EFC).to_bytes(4, "little")  # md(4), metadata 1.x
RAW = os.urandom(3 * MIB)


def disks(folder: Path) -> list[Path]:
    made = [folder / name for name in ("one", "two")]
    for disk in made:
        disk.write_bytes(os.urandom(MIB))
        os.truncate(disk, 5 * GIB)
    return made


def starts_with_the_image(disk: Path) -> bool:
    with disk.open("rb") as stream:
        return stream.read(len(RAW)) == RAW


def has_superblock(disk: Path) -> bool:
    with disk.open("rb") as stream:
        stream.seek(-MIB, os.SEEK_END)
        return SUPERBLOCK in stream.read()


async def write_image(task: MemoryTask, orders: Orders, image: ImageServer):
    url = f"http://{HOST_SEEN_BY_GUEST}:{image.port}/image"
    info = {
        "id": "x",
        "urls": [url],
        "disk_format": "raw",
        "os_hash_algo": "sha256",
        "os_hash_value": hashlib.sha256(RAW).hexdigest(),
    }
    step = {"interface": "deploy", "step": "write_image", "args": {"image_info": info}}
    node = {"uuid": task.node.uuid, "properties": dict(task.node.properties)}

    async def make() -> Order:
        params = {"step": step, "node": node, "ports": []}
        return Order("deploy.execute_deploy_step", params, destructive=True)

    return await run_on(task, lambda t: orders.carry_out(t, "write_image", make))


@pytest.fixture
async def client():
    """As patient as a machine without acceleration needs it."""
    client = AgentClient(answer_within=timedelta(seconds=30), command_within=timedelta(seconds=60))
    yield client
    await client.close()


@asynccontextmanager
async def a_boot(folder: Path, files: list[Path], task: MemoryTask) -> AsyncIterator[None]:
    """The machine is up, and the node knows its agent; at the end its power is cut."""
    with (
        conductor_server.running(ConductorServer()) as conductor,
        booted(folder, conductor, files) as machine,
    ):
        beat = await asyncio.to_thread(conductor.next_heartbeat, 180)
        task.node = task.node.with_internal(
            agent_url=f"https://{machine.agent_address}",
            agent_verify_ca=beat["agent_verify_ca"],
            agent_secret_token=Secret(TOKEN),
        )
        yield


async def test_a_mirror_is_made_carries_the_system_and_is_taken_apart(tmp_path, client):
    raid, orders, files = AgentRaid(client, SETTINGS), Orders(client, SETTINGS), disks(tmp_path)
    task = MemoryTask(a_node(target_raid_config={"logical_disks": [MIRROR]}))
    async with a_boot(tmp_path, files, task):
        outcome = await run_on(task, raid.create_configuration, flow=Flow.CLEAN)
        assert isinstance(outcome, Done), outcome
        again = await run_on(task, raid.create_configuration, flow=Flow.CLEAN)
        assert isinstance(again, Failed)
        assert "there are logical disks already (/dev/md0)" in again.reason
    (made,) = task.node.raid_config["logical_disks"]
    assert made["physical_disks"] == ["/dev/vda", "/dev/vdb"]
    assert (made["volume_name"], made["size_gb"]) == ("system", 4)
    assert task.node.properties["root_device"] == made["root_device_hint"]
    assert task.destruction_permitted == 2
    assert all(map(has_superblock, files))

    with image_server.running(ImageServer(RAW)) as image:
        async with a_boot(tmp_path, files, task):
            written = await write_image(task, orders, image)
            assert isinstance(written, Done), written
            assert all(map(starts_with_the_image, files))
            outcome = await run_on(task, raid.delete_configuration, flow=Flow.CLEAN)
            assert isinstance(outcome, Done), outcome
    assert task.node.raid_config == {}
    assert "root_device" not in task.node.properties
    assert not any(map(has_superblock, files))
