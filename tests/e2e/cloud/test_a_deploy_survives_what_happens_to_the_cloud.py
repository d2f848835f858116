"""The server is killed while an image is being written, dnsmasq before the machine boots."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from tests.e2e.cloud.conftest import Bench

pytestmark = pytest.mark.asyncio(loop_scope="session")


def dnsmasq_pids(bench: Bench) -> list[int]:
    """The dnsmasq processes that serve this cloud."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if "dnsmasq" in words.partition("\0")[0] and str(bench.directory) in words:
                found.append(int(entry.name))
    return found


async def test_one_of_two_racing_requests_wins_and_survives_the_death_of_server_and_dhcp(
    bench: Bench,
):
    await bench.only("node-2")
    try:
        racers = await asyncio.gather(bench.order("racer-1"), bench.order("racer-2"))
        for pid in dnsmasq_pids(bench):
            os.kill(pid, signal.SIGKILL)

        await bench.until_step("node-2", "write_image")
        before = await bench.node("node-2")
        await bench.cloud.kill()
        await bench.cloud.start()

        ended = await asyncio.gather(*(bench.until(each, "ACTIVE", "ERROR") for each in racers))
        by_status = {server["status"]: server for server in ended}
        assert set(by_status) == {"ACTIVE", "ERROR"}, [server.get("fault") for server in ended]
        assert "No valid host" in by_status["ERROR"]["fault"]["message"]
        assert "maintenance" in by_status["ERROR"]["fault"]["message"]

        winner = by_status["ACTIVE"]
        after = await bench.node("node-2")
        assert after["instance_uuid"] == before["instance_uuid"] == winner["id"]
        shell = await bench.shell(winner)
        await shell.wait_until_it_answers(180)
        assert await shell.run("hostname") == winner["name"]
        await bench.delete(*racers)
    finally:
        await bench.all_free()


async def test_a_server_deleted_while_its_image_is_written_leaves_a_clean_machine(bench: Bench):
    await bench.only("node-2")
    try:
        server_id = await bench.order("regretted")
        await bench.until_step("node-2", "write_image")
        await bench.delete(server_id)
        node = await bench.node("node-2")
        assert (node["provision_state"], node["instance_uuid"]) == ("available", None)
        assert await bench.disk_is_blank("node-2")
    finally:
        await bench.all_free()
