"""The real `openstack` client and openstacksdk, against all rooms in one process and a fake machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import openstack as sdk
import pytest
import yaml
from tests.asgi import AsgiClient
from tests.live_server import openstack, serving

from bessemer.bootstrap import Cloud
from bessemer.identity.domain.clouds_yaml import clouds_yaml
from bessemer.settings import load_settings

VERSION = {"X-OpenStack-Ironic-API-Version": "1.80"}
MAC = "52:54:00:00:00:01"


@asynccontextmanager
async def a_whole_cloud(directory: Path) -> AsyncIterator[tuple[Path, str]]:
    """A clouds.yaml, and the id of an image, for a cloud with one network and one free machine."""
    flags = {
        "server": {"state_directory": directory},
        "network": {"dhcp": "none"},
        "baremetal": {"sync_power_state_interval": 3600},
    }
    cloud = Cloud(load_settings(flags=flags))
    await cloud.start()
    try:
        client = AsgiClient(cloud.operators_app, VERSION)
        await enrol(client)
        image_id = await upload(client)
        async with serving(cloud.operators_app) as base_url:
            file = directory / "clouds.yaml"
            password = (directory / "admin-password").read_text().strip()
            file.write_text(clouds_yaml(base_url, password))
            yield file, image_id
    finally:
        await cloud.stop()


async def enrol(client: AsgiClient) -> None:
    network = {"name": "tenant", "provider:network_type": "vlan", "provider:segmentation_id": 100}
    made = await client.post("/network/v2.0/networks", {"network": network})
    assert made.status == 201, made.content
    subnet = {
        "network_id": made.json["network"]["id"],
        "cidr": "10.1.0.0/24",
        "ip_version": 4,
        "dns_nameservers": ["10.9.9.9"],
    }
    assert (await client.post("/network/v2.0/subnets", {"subnet": subnet})).status == 201
    node = {
        "name": "rack1-node1",
        "driver": "fake-hardware",
        "resource_class": "gold",
        "properties": {"cpu_arch": "x86_64", "capabilities": "boot_mode:uefi"},
    }
    made = await client.post("/v1/nodes", node)
    assert made.status == 201, made.content
    uuid = made.json["uuid"]
    port = {"node_uuid": uuid, "address": MAC}
    assert (await client.post("/v1/ports", port)).status == 201
    for verb, state in (("manage", "manageable"), ("provide", "available")):
        accepted = await client.put(f"/v1/nodes/{uuid}/states/provision", {"target": verb})
        assert accepted.status == 202, accepted.content
        await settle(client, uuid, state)


async def settle(client: AsgiClient, uuid: str, state: str) -> None:
    for _ in range(600):
        if (await client.get(f"/v1/nodes/{uuid}")).json["provision_state"] == state:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"the node is not {state} after 30 s")


async def upload(client: AsgiClient) -> str:
    image = {"name": "debian", "disk_format": "raw", "container_format": "bare"}
    made = await client.post("/image/v2/images", image)
    assert made.status == 201, made.content
    ident: str = made.json["id"]
    stored = await client.request(
        "PUT",
        f"/image/v2/images/{ident}/file",
        bytes(1024 * 1024),
        headers={"content-type": "application/octet-stream"},
    )
    assert stored.status == 204, stored.content
    return ident


@pytest.fixture
async def cloud(tmp_path):
    async with a_whole_cloud(tmp_path) as made:
        yield made


async def test_a_servers_life_by_the_openstack_client(cloud, tmp_path):
    config, _ = cloud
    json = ("-f", "json")
    await openstack(
        config, "flavor", "create", "--ram", "1024", "--vcpus", "1", "--disk", "2",
        "--property", "resources:CUSTOM_GOLD=1", "--property", "capabilities:boot_mode=uefi",
        "gold", *json,
    )  # fmt: skip
    private = tmp_path / "key"
    await openstack(config, "keypair", "create", "--private-key", str(private), "me", *json)
    assert "PRIVATE KEY" in private.read_text()
    made = await openstack(
        config, "server", "create", "--image", "debian", "--flavor", "gold",
        "--network", "tenant", "--key-name", "me", "--property", "role=web", "--wait", "web", *json,
    )  # fmt: skip
    assert made["status"] == "ACTIVE"
    assert list(made["addresses"]) == ["tenant"]
    (listed,) = await openstack(config, "server", "list", *json)
    assert (listed["Name"], listed["Status"], listed["Flavor"]) == ("web", "ACTIVE", "gold")
    shown = await openstack(config, "server", "show", "web", *json)
    assert shown["key_name"] == "me"
    assert shown["properties"] == {"role": "web"}
    events = await openstack(config, "server", "event", "list", "web", *json)
    assert [event["Action"] for event in events] == ["create"]
    (hypervisor,) = await openstack(config, "hypervisor", "list", *json)
    assert hypervisor["State"] == "up"
    await openstack(config, "server", "stop", "web")
    await openstack(config, "server", "delete", "--wait", "web")
    assert await openstack(config, "server", "list", *json) == []


@pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning")
@pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK60Warning")
async def test_a_servers_life_by_openstacksdk(cloud):
    config, image_id = cloud

    def live() -> None:
        with sdk.connect(load_yaml_config=False, load_envvars=False, **_auth(config)) as connection:
            flavor = connection.compute.create_flavor(name="any", ram=1, vcpus=1, disk=1)
            network = connection.network.find_network("tenant")
            server = connection.compute.create_server(
                name="api",
                image_id=image_id,
                flavor_id=flavor.id,
                networks=[{"uuid": network.id}],
            )
            server = connection.compute.wait_for_server(server, wait=60)
            assert server.status == "ACTIVE"
            assert server.flavor.name == "any"
            node = connection.baremetal.find_node("rack1-node1")
            assert node.instance_id == server.id
            connection.compute.delete_server(server)
            connection.compute.wait_for_delete(server, wait=60)

    await asyncio.to_thread(live)


def _auth(config: Path) -> dict[str, object]:
    settings = yaml.safe_load(config.read_text())["clouds"]["bessemer"]
    return {"auth": settings["auth"], "region_name": settings["region_name"]}
