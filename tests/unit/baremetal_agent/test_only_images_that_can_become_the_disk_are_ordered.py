"""image_source and its checksum, format and size: refused in words before anything is switched on."""

from dataclasses import replace

import pytest
from tests.baremetal_task import MemoryTask, a_node, a_port, run_to_end
from tests.unit.baremetal_agent.rooms import IMAGE, SomeImages, SomeNetworks, a_network

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.work import Done, Failed
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.direct.deploy import DirectDeploy
from bessemer.baremetal.drivers.direct.image_source import image_info
from bessemer.baremetal.drivers.none.network import NoopNetwork
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid
from bessemer_wire import ImageInfo

SHA256 = "cd" * 32


def a_deploy(image=IMAGE, networks=None):
    images = SomeImages({image.id: image})
    return DirectDeploy(images, networks or SomeNetworks(), BareMetalSettings(), AgentClient())


async def prepared(deploy=None, *, properties=None, **info):
    node = a_node(instance_info=info, properties=properties or {})
    task = MemoryTask(node, plugins={InterfaceKind.NETWORK: NoopNetwork()})
    return await run_to_end(task, deploy or a_deploy(), "prepare_image"), task


@pytest.mark.parametrize("source", [IMAGE.id, "debian", f"glance://{IMAGE.id}"])
async def test_an_image_of_the_service_gets_a_temporary_url_on_the_provisioning_network(source):
    outcome, task = await prepared(image_source=source)
    assert isinstance(outcome, Done)
    info = task.node.instance_info
    assert info["image_url"].startswith(f"http://172.30.0.1:6386/v1/temp/{IMAGE.id}?")
    assert info["image_disk_format"] == "qcow2"
    assert (info["image_os_hash_algo"], info["image_os_hash_value"]) == ("sha512", "ab" * 64)
    assert info["image_type"] == "whole-disk"


async def test_the_network_that_the_nics_are_on_wins_over_the_settings():
    networks = SomeNetworks().with_port("v", "cleaning")
    node = a_node(instance_info={"image_source": "debian"})
    nic = a_port(node, internal_info={"provisioning_vif_port_id": "v"})
    task = MemoryTask(node, (nic,))
    await run_to_end(task, a_deploy(networks=networks), "prepare_image")
    assert task.node.instance_info["image_url"].startswith("http://172.30.1.1:6386/")


async def test_a_checksum_of_an_earlier_image_does_not_outlive_it():
    _, task = await prepared(image_source="debian", image_checksum="f" * 32)
    assert "image_checksum" not in task.node.instance_info


async def test_what_the_agent_is_told_is_what_it_understands():
    _, task = await prepared(image_source="debian")
    told = ImageInfo.from_json(image_info(task.node))
    assert told.urls == (task.node.instance_info["image_url"],)
    assert told.checksum.algorithm == "sha512"
    assert told.disk_format == "qcow2"


async def test_a_url_with_its_checksum_is_taken_as_it_is():
    outcome, task = await prepared(
        image_source="https://images.example/d.raw",
        image_os_hash_algo="sha256",
        image_os_hash_value=SHA256.upper(),
        image_disk_format="raw",
    )
    assert isinstance(outcome, Done)
    told = image_info(task.node)
    assert told["urls"] == ["https://images.example/d.raw"]
    assert told["id"] == "d.raw"
    assert told["stream_raw_images"] is True
    assert ImageInfo.from_json(told).checksum.value == SHA256


async def test_a_bare_checksum_names_its_algorithm_by_its_length():
    _, task = await prepared(image_source="http://h/d.qcow2", image_checksum=SHA256)
    assert task.node.instance_info["image_os_hash_algo"] == "sha256"


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({}, "no image_source"),
        ({"image_source": 7}, "no image_source"),
        ({"image_source": "nothing-of-the-kind"}, "No image found"),
        ({"image_source": "file:///etc/shadow"}, "file://"),
        ({"image_source": "oci://registry/x"}, "oci://"),
        ({"image_source": "http://h/d"}, "no checksum"),
        ({"image_source": "http://h/d", "image_os_hash_algo": "sha256"}, "no checksum"),
        ({"image_source": "http://h/d", "image_checksum": "f" * 32}, "md5"),
        ({"image_source": "http://h/d", "image_checksum": "http://h/SHA256SUMS"}, "the URL of one"),
        ({"image_source": "http://h/d", "image_checksum": "zz"}, "no checksum"),
        ({"image_source": "http://h/d", "image_checksum": "z" * 64}, "hex"),
        ({"image_source": "http:///d", "image_checksum": SHA256}, "well-formed"),
        ({"image_source": "http://h/a b", "image_checksum": SHA256}, "well-formed"),
        (
            {"image_source": "http://h/d", "image_checksum": SHA256, "image_disk_format": "vmdk"},
            "vmdk",
        ),
        ({"image_source": "debian", "image_type": "partition"}, "whole-disk"),
    ],
)
async def test_what_cannot_be_written_is_refused_with_the_next_command(info, words):
    outcome, _ = await prepared(**info)
    assert isinstance(outcome, Failed)
    assert words in outcome.reason
    assert "`openstack baremetal node deploy n1`" in outcome.reason


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (replace(IMAGE, status="queued"), "queued"),
        (replace(IMAGE, disk_format="vmdk"), "vmdk"),
        (replace(IMAGE, disk_format="iso"), "iso"),
        (replace(IMAGE, disk_format=None), "None"),
        (replace(IMAGE, os_hash_value=None), "os_hash"),
        (replace(IMAGE, properties={"kernel_id": "k", "ramdisk_id": "r"}), "partition image"),
        (replace(IMAGE, properties={"img_type": "partition"}), "partition image"),
        (replace(IMAGE, virtual_size=13 * 1024**3), "13.0 GiB"),
        (replace(IMAGE, virtual_size=None, disk_format="raw", size=99 * 1024**3), "99.0 GiB"),
    ],
)
async def test_an_image_that_cannot_become_the_disk_is_refused(image, words):
    outcome, _ = await prepared(a_deploy(image), properties={"local_gb": 10}, image_source=image.id)
    assert isinstance(outcome, Failed)
    assert words in outcome.reason


async def test_an_image_as_large_as_the_disk_may_be_is_left_to_the_agents_judgement():
    image = replace(IMAGE, virtual_size=12 * 1024**3)
    outcome, _ = await prepared(
        a_deploy(image), properties={"local_gb": "10"}, image_source=image.id
    )
    assert isinstance(outcome, Done)


async def test_a_network_where_nobody_would_answer_is_refused():
    networks = SomeNetworks()
    networks.networks["provisioning"] = a_network("provisioning", None)
    outcome, _ = await prepared(a_deploy(networks=networks), image_source="debian")
    assert isinstance(outcome, Failed)
    assert "reach nobody" in outcome.reason


def test_a_node_without_an_image_is_not_valid_for_deployment():
    with pytest.raises(Invalid, match="image_source"):
        a_deploy().validate(a_node(), ())
    a_deploy().validate(a_node(instance_info={"image_source": "debian"}), ())
