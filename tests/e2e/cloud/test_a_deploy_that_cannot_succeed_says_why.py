"""Failures name the step, the cause and the next safe command, and leave nothing stuck."""

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.e2e.cloud.conftest import Bench

from bessemer_lab.demo.api import BAREMETAL, IMAGE, ApiError

pytestmark = pytest.mark.asyncio(loop_scope="session")

NODE = "node-2"


@pytest_asyncio.fixture(loop_scope="session")
async def lonely(bench: Bench) -> AsyncIterator[Bench]:
    """Only `NODE` is free, and it is not cleaned afterwards: that is tested elsewhere."""
    await bench.only(NODE)
    await bench.patch(NODE, "/automated_clean", False)
    yield bench
    bench.machine(NODE).set_faults()
    await bench.patch(NODE, "/automated_clean", None)
    await bench.all_free()


async def failure_of(bench: Bench, server_id: str) -> tuple[str, str]:
    """The server's fault and the node's last error, once the build has failed."""
    server = await bench.until(server_id, "ACTIVE", "ERROR")
    assert server["status"] == "ERROR"
    history = await bench.api.get(f"{BAREMETAL}/nodes/{bench.nodes[NODE]}/history?detail=True")
    events = [entry["event"] for entry in history["history"]]
    return server["fault"]["message"], events[-1] if events else ""


def make_image(file: Path, size: str, *writes: str) -> None:
    """A qcow2 image of that virtual size, with some data in it."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", file, size], check=True)
    for write in writes:
        argv = ["qemu-io", "-f", "qcow2", "-c", write, str(file)]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


async def test_the_machine_dies_while_its_image_is_written(lonely: Bench):
    server_id = await lonely.order("unlucky")
    await lonely.until_step(NODE, "write_image")
    lonely.machine(NODE).kill_qemu()
    fault, event = await failure_of(lonely, server_id)
    for words in (fault, event):
        assert "write_image" in words
        assert "agent" in words
    await lonely.delete(server_id)


async def test_an_image_that_rotted_in_the_store_is_not_booted(lonely: Bench, tmp_path: Path):
    disk = tmp_path / "disk.qcow2"
    make_image(disk, "64M", "write -P 7 0 8M")
    image_id = await lonely.upload(disk, "qcow2", "rotten")
    stored = next((lonely.directory / "state" / "images").rglob(image_id))
    with stored.open("r+b") as content:
        content.seek(stored.stat().st_size - 10_000)
        content.write(b"rot")
    server_id = await lonely.order("rotten", image="rotten")
    fault, event = await failure_of(lonely, server_id)
    for words in (fault, event):
        assert "checksum" in words.lower() or "sha512" in words.lower()
    await lonely.delete(server_id)
    await lonely.api.delete(f"{IMAGE}/images/{image_id}")


async def test_an_image_larger_than_the_disk_is_refused_with_both_sizes(
    lonely: Bench, tmp_path: Path
):
    disk = tmp_path / "large.qcow2"
    make_image(disk, "64G")
    image_id = await lonely.upload(disk, "qcow2", "large")
    server_id = await lonely.order("large", image="large")
    fault, event = await failure_of(lonely, server_id)
    for words in (fault, event):
        assert "64" in words
        assert "disk" in words
    await lonely.delete(server_id)
    await lonely.api.delete(f"{IMAGE}/images/{image_id}")


async def test_a_node_that_never_boots_is_given_up_at_the_deadline(lonely: Bench):
    await lonely.restart(deploy_callback_timeout=5)
    try:
        lonely.machine(NODE).set_faults("never-boots")
        server_id = await lonely.order("asleep")
        fault, event = await failure_of(lonely, server_id)
    finally:
        await lonely.restart()
    for words in (fault, event):
        assert "wait_for_ramdisk" in words
        assert "console" in words
    assert lonely.machine(NODE).power_state() == "off"
    await lonely.delete(server_id)


async def test_wrong_password_and_silence_of_the_bmc_are_told_apart(bench: Bench):
    original = await bench.node(NODE)
    body = {
        "name": "stranger",
        "driver": "ipmi",
        "driver_info": {**original["driver_info"], "ipmi_password": "not-the-password"},
    }
    made = await bench.api.post(f"{BAREMETAL}/nodes", body)
    path = f"{BAREMETAL}/nodes/{made['uuid']}"
    assert "not-the-password" not in str(made)

    async def verify() -> str:
        await bench.api.put(f"{path}/states/provision", {"target": "manage"})
        seen = await bench.api.wait_for(path, lambda n: n["provision_state"] != "verifying", 60)
        assert seen["provision_state"] == "enroll"
        return str(seen["last_error"])

    refused = await verify()
    assert "password" in refused
    bench.machine(NODE).set_faults("silent")
    try:
        silent = await verify()
    finally:
        bench.machine(NODE).set_faults()
    assert "answer" in silent
    assert original["driver_info"]["ipmi_address"] in silent
    assert "not-the-password" not in refused + silent
    await bench.api.delete(path)


async def test_without_a_free_machine_the_server_says_what_was_wrong_with_each(bench: Bench):
    for name in bench.nodes:
        await bench.patch(name, "/maintenance", True)
    server_id = await bench.order("too-many")
    server = await bench.until(server_id, "ERROR", limit_s=30)
    assert "2" in server["fault"]["message"]
    assert "maintenance" in server["fault"]["message"]
    await bench.delete(server_id)
    await bench.all_free()


async def test_deploying_a_node_in_maintenance_is_refused_with_the_next_command(bench: Bench):
    await bench.patch(NODE, "/maintenance", True)
    path = f"{BAREMETAL}/nodes/{bench.nodes[NODE]}/states/provision"
    with pytest.raises(ApiError, match="maintenance unset"):
        await bench.api.put(path, {"target": "active"})
    await bench.all_free()
