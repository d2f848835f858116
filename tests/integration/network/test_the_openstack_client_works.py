"""The real `openstack` command against the network room's API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.live_server import openstack, serving

from bessemer.bus.memory import MemoryBus
from bessemer.db.engine import Database
from bessemer.network.service import EmbeddedNetwork, network_api
from bessemer.network.settings import NetworkSettings, SwitchSettings
from bessemer.web.authentication import noauth
from bessemer.web.dispatch import application

FIXED_IP = "subnet=provisioning-v4,ip-address=10.1.0.100"


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
    await openstack(clouds, "port", "unset", "nic", "--fixed-ip", FIXED_IP)
    await openstack(clouds, "port", "delete", "nic")
    await openstack(clouds, "network", "set", "provisioning", "--name", "renamed")
    await openstack(clouds, "subnet", "delete", "provisioning-v4")
    await openstack(clouds, "network", "delete", "renamed")
    assert await openstack(clouds, "network", "list", "-f", "json") == []
