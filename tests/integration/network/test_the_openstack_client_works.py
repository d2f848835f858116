"""The real `openstack` command against the network room's API."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from openstack.config import OpenStackConfig
from openstack.connection import Connection
from tests.live_server import openstack, serving

from bessemer.bus.memory import MemoryBus
from bessemer.db.engine import Database
from bessemer.network.api.service import network_api
from bessemer.network.service import EmbeddedNetwork
from bessemer.network.settings import NetworkSettings, SwitchSettings
from bessemer.web.authentication import noauth
from bessemer.web.dispatch import application


@pytest.fixture
async def clouds(database: Database, tmp_path: Path) -> AsyncIterator[Path]:
    settings = NetworkSettings(
        dhcp="none",
        switches={"tor": SwitchSettings(driver="fake", switch_id="02:00:00:00:00:01")},
    )
    room = EmbeddedNetwork(database, MemoryBus(), settings, tmp_path)
    await room.start()
    async with serving(application(network_api(room), noauth())) as url:
        file = tmp_path / "clouds.yaml"
        file.write_text(
            "clouds:\n  bessemer:\n    auth_type: none\n"
            f"    network_endpoint_override: {url}/network\n"
        )
        yield file
    await room.stop()


@pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning")
@pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK60Warning")
async def test_a_network_from_creation_to_deletion(clouds: Path) -> None:
    made = await openstack(
        clouds,
        *("network", "create", "provisioning", "-f", "json"),
        *("--provider-network-type", "vlan", "--provider-segment", "100"),
        *("--provider-physical-network", "physnet1"),
    )
    assert made["provider:segmentation_id"] == 100
    subnet = await openstack(
        clouds,
        *("subnet", "create", "provisioning-v4", "-f", "json", "--network", "provisioning"),
        *("--subnet-range", "10.1.0.0/24", "--dns-nameserver", "9.9.9.9"),
        *("--allocation-pool", "start=10.1.0.100,end=10.1.0.110"),
    )
    assert (subnet["gateway_ip"], subnet["network_id"]) == ("10.1.0.1", made["id"])
    port = await openstack(
        clouds,
        *("port", "create", "nic", "-f", "json", "--network", "provisioning"),
        *("--vnic-type", "baremetal", "--host", "node", "--mac-address", "52:54:00:00:00:01"),
        *("--extra-dhcp-option", "name=67,value=undionly.kpxe"),
        "--binding-profile",
        '{"local_link_information": [{"switch_id": "02:00:00:00:00:01", "port_id": "p1"}]}',
    )
    assert port["fixed_ips"] == [{"subnet_id": subnet["id"], "ip_address": "10.1.0.100"}]
    assert port["binding_vif_type"] == "other"
    listed = await openstack(
        clouds, "port", "list", "-f", "json", "--network", "provisioning", "--host", "node"
    )
    assert [found["Name"] for found in listed] == ["nic"]
    await asyncio.to_thread(rename_and_remove, str(clouds))
    assert await openstack(clouds, "network", "list", "-f", "json") == []


def rename_and_remove(clouds_yaml: str) -> None:
    """The rest with openstacksdk in this process: each start of the command costs seconds."""
    cloud = OpenStackConfig(config_files=[clouds_yaml], load_envvars=False).get_one("bessemer")
    connection = Connection(config=cloud)
    client = connection.network
    port = client.find_port("nic", ignore_missing=False)
    client.update_port(port, binding_profile={}, binding_host_id="")
    assert client.update_port(port, mac_address=None).mac_address.startswith("fa:16:3e:")
    assert [found.name for found in client.ports(fixed_ips="ip_address=10.1.0.100")] == ["nic"]
    client.delete_port(port)
    network = client.find_network("provisioning", ignore_missing=False)
    assert client.update_network(network, name="renamed").name == "renamed"
    client.delete_subnet(client.find_subnet("provisioning-v4"))
    client.delete_network(client.find_network("renamed"))
    assert client.find_network("renamed") is None
    connection.close()
