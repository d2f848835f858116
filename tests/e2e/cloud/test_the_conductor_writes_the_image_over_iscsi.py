"""Deploy interface iscsi on a virtual machine: from a request to a server that can be logged in to."""

import pytest
from tests.e2e.cloud.conftest import Bench

from bessemer_lab.demo import story
from bessemer_lab.demo.api import COMPUTE

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

NAME = "node-1"  # starts by UEFI: its boot entry needs the disk back from the target
LOGIN_LIMIT_S = 400


async def test_a_server_is_deployed_through_the_conductor(bench: Bench):
    await bench.only(NAME)
    await bench.patch(NAME, "/deploy_interface", "iscsi")
    server = await bench.until(await bench.order("gamma"), "ACTIVE", "ERROR")
    assert server["status"] == "ACTIVE", server.get("fault")
    rows = (await bench.api.get(f"{COMPUTE}/servers/{server['id']}/timeline"))["timeline"]
    assert {row["state"] for row in rows} == {"done"}
    shell = await bench.shell(server)
    await shell.wait_until_it_answers(LOGIN_LIMIT_S)
    hostname, _ = await story.look_round(bench.stage, shell)
    assert hostname == server["name"]  # cloud-init found the config drive
    await bench.delete(server["id"])
    await bench.patch(NAME, "/deploy_interface", "direct")
    await bench.all_free()
    assert await bench.disk_is_blank(NAME)
