"""Nova's own driver for Ironic against our bare metal API, through the life of one server."""

import asyncio
import os
from pathlib import Path

import pytest
from tests.api.baremetal.cloud import a_cloud
from tests.compat.environment import environment
from tests.live_server import serving

from bessemer.baremetal.api.operators import baremetal_services
from bessemer.bus.memory import MemoryBus
from bessemer.network.api.service import network_api
from bessemer.network.service import EmbeddedNetwork
from bessemer.network.settings import NetworkSettings
from bessemer.web.authentication import noauth
from bessemer.web.dispatch import application

COMPUTE = Path(__file__).with_name("nova") / "compute.py"
PATIENCE_S = 300


@pytest.fixture(scope="module")
def programs():
    return environment("nova")


async def an_available_node(cloud) -> str:
    """With a bond of two NICs, a third NIC, a resource class and a trait."""
    properties = {"cpu_arch": "x86_64", "capabilities": "boot_mode:uefi"}
    node = (await cloud.enrol(name="n1", resource_class="gold", properties=properties))["uuid"]
    bond = {"node_uuid": node, "mode": "802.3ad", "address": "52:54:00:00:00:01"}
    group = (await cloud.client.post("/v1/portgroups", bond)).json["uuid"]
    await cloud.add_port(node, "52:54:00:00:00:01", portgroup_uuid=group)
    await cloud.add_port(node, "52:54:00:00:00:02", portgroup_uuid=group)
    await cloud.add_port(node, "52:54:00:00:00:03")
    assert (await cloud.client.put(f"/v1/nodes/{node}/traits/CUSTOM_FAST")).status == 204
    await cloud.manage(node)
    await cloud.client.put(f"/v1/nodes/{node}/states/provision", {"target": "provide"})
    await cloud.until_state(node, "available")
    return node


async def test_the_life_of_a_server_of_nova(programs, tmp_path):
    async with a_cloud(tmp_path) as cloud:
        node = await an_available_node(cloud)
        database = cloud.desk.shelves.database
        network = EmbeddedNetwork(database, MemoryBus(), NetworkSettings(dhcp="none"), tmp_path)
        services = [*baremetal_services(cloud.desk), *network_api(network)]
        async with serving(application(services, noauth())) as url:
            process = await asyncio.create_subprocess_exec(
                *(programs / "python", COMPUTE, url, node, tmp_path),
                env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            out, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 0, out.decode()
    assert out.decode().endswith("the server's life is over\n")
