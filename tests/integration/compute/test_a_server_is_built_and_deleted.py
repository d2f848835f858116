"""From request to ACTIVE to gone, among simulated neighbours."""

import base64
import gzip
import json

import pytest
from tests.simulated.baremetal import a_node
from tests.simulated.cloud import SOMEBODY, a_compute_cloud

from bessemer.compute.domain.server import NetworkRequest, PowerState, VmState


@pytest.fixture
async def cloud(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as made:
        yield made


async def test_a_server_becomes_active(cloud):
    server = await cloud.create()
    assert server.status == "BUILD"
    server = await cloud.until_state(server.id, VmState.ACTIVE, VmState.ERROR)
    node = cloud.baremetal.only()
    assert server.fault is None
    assert server.status == "ACTIVE"
    assert server.progress == 100
    assert server.power_state is PowerState.RUNNING
    assert server.node_uuid == node.view.uuid
    assert node.view.instance_uuid == server.id
    assert node.deploys == 1
    assert node.info["image_source"] == cloud.image_id
    assert [vif.mac_address for vif in server.vifs] == [node.macs[0]]
    assert gzip.decompress(base64.b64decode(node.configdrive))[0x8001:0x8006] == b"CD001"


async def test_the_config_drive_tells_of_the_bond_that_the_network_port_is_on(cloud):
    node = cloud.baremetal.only()
    node.bond = "802.3ad"
    server = await cloud.create()
    await cloud.until_state(server.id, VmState.ACTIVE)
    drive = gzip.decompress(base64.b64decode(node.configdrive))
    assert b'"bond_mode": "802.3ad"' in drive.replace(b'":"', b'": "')


async def test_one_port_per_network_unbound_and_for_this_server(cloud):
    networks = tuple(NetworkRequest(ident) for ident in cloud.network.networks)
    server = await cloud.create(networks=networks)
    server = await cloud.until_state(server.id, VmState.ACTIVE)
    assert [vif.network_name for vif in server.vifs] == ["tenant-a", "tenant-b"]
    assert {port.device_id for port in cloud.network.ports.values()} == {server.id}
    assert all(port.links == () for port in cloud.network.ports.values())
    assert json.loads(cloud.baremetal.only().info["fixed_ips"]) == ["10.0.1.10", "10.0.2.11"]


async def test_a_deleted_server_leaves_nothing_behind(cloud):
    server = await cloud.create()
    await cloud.until_state(server.id, VmState.ACTIVE)
    await cloud.compute.delete_server(SOMEBODY, server.id)
    await cloud.until_state(server.id, VmState.DELETED)
    node = cloud.baremetal.only()
    assert cloud.network.ports == {}
    assert node.view.instance_uuid is None
    assert node.vifs == {}
