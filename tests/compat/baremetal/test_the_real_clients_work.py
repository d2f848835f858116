"""The `openstack` command and openstacksdk, as users run them, against our bare metal API."""

import asyncio

import openstack as sdk
import pytest
from ironicclient import client as ironicclient
from ironicclient import exc as ironic_errors
from tests.api.baremetal.cloud import a_cloud
from tests.live_server import OpenStackFailed, openstack, serving

from bessemer.baremetal.api.operators import baremetal_services
from bessemer.web.authentication import noauth
from bessemer.web.dispatch import application

CLOUDS_YAML = """
clouds:
  bessemer:
    auth_type: none
    endpoint: {url}
    baremetal_endpoint_override: {url}
"""
JSON = ("-f", "json")
MAC = "52:54:00:12:34:56"


@pytest.fixture
async def url(tmp_path):
    async with a_cloud(tmp_path) as cloud:
        services = baremetal_services(cloud.desk)
        async with serving(application(services, noauth())) as base_url:
            yield base_url


@pytest.fixture
def run(url, tmp_path):
    config = tmp_path / "clouds.yaml"
    config.write_text(CLOUDS_YAML.format(url=url))

    async def baremetal(*arguments):
        return await openstack(config, "baremetal", *arguments)

    return baremetal


async def test_the_life_of_a_node_on_the_command_line(run):
    made = await run(
        *("node", "create", "--driver", "fake-hardware", "--console-interface", "no-console"),
        *("--name", "n1", "--driver-info", "ipmi_password=1234", "--property", "cpus=4", *JSON),
    )
    assert made["driver_info"] == {"ipmi_password": "******"}
    await run("node", "set", "n1", "--console-interface", "fake", "--extra", "rack=r1")
    await run("node", "unset", "n1", "--property", "cpus")
    port = await run(
        *("port", "create", MAC, "--node", "n1", "--physical-network", "physnet1"),
        *("--local-link-connection", "switch_id=0A:00:00:00:00:01"),
        *("--local-link-connection", "port_id=swp1", *JSON),
    )
    assert port["node_uuid"] == made["uuid"]
    await run("port", "set", port["uuid"], "--pxe-disabled", "--extra", "slot=2")
    (listed,) = await run("port", "list", "--node", "n1", "--long", *JSON)
    assert listed["pxe_enabled"] is False
    await run("node", "manage", "n1")
    await run("node", "power", "on", "n1")
    shown = await run("node", "show", "n1", *JSON)
    assert shown["extra"] == {"rack": "r1"}
    assert shown["properties"] == {"vendor": "Bessemer fake hardware"}
    assert shown["console_interface"] == "fake"
    (row,) = await run("node", "list", "--provision-state", "manageable", *JSON)
    assert row["name"] == "n1"
    assert (await run("driver", "list", *JSON))[0]["name"] == "fake-hardware"
    assert (await run("conductor", "list", *JSON))[0]["alive"] is True
    with pytest.raises(OpenStackFailed, match="can not be performed on a node in state"):
        await run("node", "rebuild", "n1")
    await run("node", "maintenance", "set", "n1", "--reason", "done with it")


def a_life(url):
    """What a program does through openstacksdk; blocking, so on a thread."""
    connection = sdk.connect(auth_type="none", endpoint=url, baremetal_endpoint_override=url)
    baremetal = connection.baremetal
    node = baremetal.create_node(
        driver="fake-hardware", name="n1", provision_state="manageable", driver_info={"a": "b"}
    )
    assert node.provision_state == "manageable"
    port = baremetal.create_port(node_id=node.id, address=MAC)
    assert [each.address for each in baremetal.ports(details=True)] == [MAC]
    node = baremetal.set_node_provision_state(node, "provide", wait=True)
    node = baremetal.update_node(node, instance_id="5a4fd2a4-1f9c-4b4c-b1a5-7a5cfb04a1ab")
    assert baremetal.validate_node(node)["power"].result is True
    baremetal.attach_vif_to_node(node, "vif-1")
    assert baremetal.list_node_vifs(node) == ["vif-1"]
    drive = {"meta_data": {"hostname": "web-1"}}
    node = baremetal.set_node_provision_state(node, "active", config_drive=drive, wait=True)
    assert node.provision_state == "active"
    baremetal.set_node_power_state(node, "power off", wait=True)
    baremetal.add_node_trait(node, "CUSTOM_FAST")
    assert baremetal.get_node(node.id, fields=["traits"]).traits == ["CUSTOM_FAST"]
    node = baremetal.set_node_maintenance(node, "fan")
    assert (node.is_maintenance, node.maintenance_reason) == (True, "fan")
    node = baremetal.unset_node_maintenance(node)
    node = baremetal.set_node_provision_state(node, "deleted", wait=True)
    assert (node.provision_state, node.instance_id) == ("available", None)
    baremetal.detach_vif_from_node(node, "vif-1", ignore_missing=True)
    assert list(baremetal.port_groups(node=node.id)) == []
    assert [each.name for each in baremetal.drivers(details=True)] == ["fake-hardware"]
    baremetal.delete_port(port)
    baremetal.delete_node(node)
    assert list(baremetal.nodes()) == []
    connection.close()


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("prefix", ["", "/baremetal"])
async def test_the_life_of_a_node_through_the_sdk(url, prefix):
    await asyncio.to_thread(a_life, url + prefix)


def refusals_through_the_sdk(url):
    """What a program is told of versions and paths that are not served."""
    connection = sdk.connect(auth_type="none", endpoint=url, baremetal_endpoint_override=url)
    baremetal = connection.baremetal
    for method, path, version, words in (
        ("GET", "/nodes", "1.999", "this service speaks 1.1 to 1.115"),
        ("GET", "/nowhere", "1.80", "No such path"),
        ("PUT", "/nodes", "1.80", "does not take this method"),
    ):
        answer = baremetal.request(path, method, microversion=version, raise_exc=False)
        with pytest.raises(sdk.exceptions.HttpException, match=words):
            sdk.exceptions.raise_from_response(answer)
    connection.close()


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
async def test_the_sdk_shows_why_a_version_or_path_is_not_served(url):
    await asyncio.to_thread(refusals_through_the_sdk, url)


def refusals_through_the_client(url):
    """Which version the client settles on, and what it says where there is none."""
    for asked, settled in (("1.9", "1.9"), ("latest", "1.115"), (["1.80", "1.999"], "1.80")):
        client = ironicclient.get_client(1, endpoint=url, os_ironic_api_version=asked)
        assert client.node.list() == []
        assert client.http_client.os_ironic_api_version == settled
    client = ironicclient.get_client(1, endpoint=url, os_ironic_api_version="1.30")
    with pytest.raises(ironic_errors.UnsupportedVersion, match=r"range is 1\.1 to\s1\.115"):
        client.node.list(owner="somebody")
    with pytest.raises(ironic_errors.NotFound, match="exists since API version"):
        client.allocation.list()
    with pytest.raises(ironic_errors.NotFound, match="No such path"):
        client.http_client.json_request("GET", "/v1/nowhere")


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
async def test_the_client_settles_on_a_version_and_shows_why_there_is_none(url):
    await asyncio.to_thread(refusals_through_the_client, url)
