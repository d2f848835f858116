"""Deploy interface iscsi against the built ramdisk in a virtual machine: its kernel's own target."""

import asyncio
import base64
import gzip
import hashlib
import os
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.baremetal_task import MemoryTask, a_node
from tests.integration.agent import conductor_server, image_server
from tests.integration.agent.agent_process import free_port
from tests.integration.agent.conductor_server import TOKEN, ConductorServer
from tests.integration.agent.image_server import ImageServer
from tests.integration.agent.ramdisk_machine import booted
from tests.integration.baremetal_agent.test_the_true_agent_does_what_the_steps_say import run_on
from tests.unit.baremetal_agent.rooms import SomeImages, SomeNetworks

from bessemer.baremetal.domain.provision.work import Done
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.orders import Order, Orders
from bessemer.baremetal.drivers.iscsi.deploy import IscsiDeploy
from bessemer.baremetal.drivers.iscsi.qemu_img import QemuImg, QemuImgFailed, Target
from bessemer.baremetal.settings import BareMetalSettings

MIB = 1 << 20
DRIVE = bytes(0x8001) + b"CD001" + os.urandom(5000)


def a_qcow2(folder: Path) -> tuple[bytes, bytes]:
    """(the file, what it unpacks to): a partition table, data, and holes."""
    raw, packed = folder / "image.raw", folder / "image.qcow2"
    with raw.open("wb") as stream:
        stream.truncate(64 * MIB)
        stream.seek(5 * MIB)
        stream.write(os.urandom(3 * MIB))
    subprocess.run(["sfdisk", "-q", raw], input=b"label: gpt\n2048,40960\n", check=True)
    subprocess.run(["qemu-img", "convert", "-c", "-O", "qcow2", raw, packed], check=True)
    return packed.read_bytes(), raw.read_bytes()


@pytest.fixture
async def client():
    """As patient as a machine without acceleration needs it."""
    client = AgentClient(answer_within=timedelta(seconds=30), command_within=timedelta(seconds=60))
    yield client
    await client.close()


def partitions(disk: Path) -> dict[str, int]:
    """First sector by partition name, as another program reads them; it finds no fault."""
    told = subprocess.run(["sfdisk", "--dump", disk], check=True, capture_output=True, text=True)
    assert not told.stderr, told.stderr
    rows = [line for line in told.stdout.splitlines() if "start=" in line]
    return {
        row.partition('name="')[2].rstrip('"'): int(row.partition("start=")[2].partition(",")[0])
        for row in rows
    }


async def never_asked() -> None:
    """Nothing takes long enough."""


async def test_image_and_config_drive_are_on_the_disk_and_the_target_is_gone(tmp_path, client):
    packed, raw = a_qcow2(tmp_path)
    disk, port = tmp_path / "disk", free_port()
    disk.write_bytes(os.urandom(MIB) * 80)
    os.truncate(disk, 5 << 30)
    settings = BareMetalSettings(iscsi_portal_port=port, fetch_allow=("127.0.0.1",))
    deploy = IscsiDeploy(SomeImages(), SomeNetworks(), settings, client, tmp_path / "cache")
    with (
        conductor_server.running(ConductorServer()) as conductor,
        image_server.running(ImageServer(packed)) as image,
        booted(tmp_path, conductor, [disk], forwarded=[port]) as machine,
    ):
        beat = await asyncio.to_thread(conductor.next_heartbeat, 180)
        info = {
            "image_source": image.url,
            "image_os_hash_algo": "sha256",
            "image_os_hash_value": hashlib.sha256(packed).hexdigest(),
            "image_disk_format": "qcow2",
        }
        node = a_node(instance_info=info).with_internal(
            agent_url=f"https://{machine.agent_address}",
            agent_verify_ca=beat["agent_verify_ca"],
            agent_secret_token=Secret(TOKEN),
        )
        task = MemoryTask(node, drive=base64.b64encode(gzip.compress(DRIVE)).decode())
        for _ in range(2):  # as after a crash of the server in the middle of it
            outcome = await run_on(task, deploy.write_image)
            assert isinstance(outcome, Done), outcome
        assert len(image.requests) == 1
        assert task.progress_seen[-1] == (len(raw), len(raw))
        assert task.destruction_permitted == 2

        target = Target("127.0.0.1", port, f"iqn.2008-10.org.openstack:{node.uuid}")
        wrong = replace(target, user="bessemer", password=Secret("not-this-one"))
        for stranger in (target, wrong):
            with pytest.raises(QemuImgFailed):
                await QemuImg(timedelta(seconds=5)).size(stranger, never_asked)

        async def make() -> Order:
            return Order("image.install_bootloader", {"target_boot_mode": "bios"})

        orders = Orders(client, settings)
        outcome = await run_on(task, lambda t: orders.carry_out(t, "install_bootloader", make))
        assert isinstance(outcome, Done), outcome
        with pytest.raises(QemuImgFailed):
            await QemuImg(timedelta(seconds=5)).size(target, never_asked)
    with disk.open("rb") as stream:
        assert stream.read(len(raw))[34 * 512 :] == raw[34 * 512 :]
    found = partitions(disk)
    assert set(found) == {"", "config-2"}
    with disk.open("rb") as stream:
        stream.seek(found["config-2"] * 512)
        assert stream.read(len(DRIVE)) == DRIVE
