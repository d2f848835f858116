"""Deploy interface ramdisk with boot interface ipxe: what is booted, from where, and for how long."""

from dataclasses import replace

import pytest
from tests.baremetal_task import MemoryTask, a_node, a_port, run_to_end
from tests.unit.baremetal_agent.rooms import IMAGE, SomeImages, SomeNetworks, a_network
from tests.unit.baremetal_agent.test_ipxe_prepares_the_ramdisks_boot import NotedManagement

from bessemer.baremetal.domain.node import BootDevice, InterfaceKind
from bessemer.baremetal.domain.provision.work import Done
from bessemer.baremetal.drivers.ipxe.boot import IpxeBoot
from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.neutron.network import NeutronNetwork
from bessemer.baremetal.drivers.none.network import NoopNetwork
from bessemer.baremetal.drivers.ramdisk.image import found, named
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.context import admin_context
from bessemer.errors import Invalid, NotFound
from bessemer.network.public import DhcpOption

MAC = "52:54:00:00:00:01"
VIF = "vif-1"
SETTINGS = BareMetalSettings()
FILES = {"kernel": IMAGE.id, "ramdisk": "http://files.test/initramfs"}
KERNEL = replace(IMAGE, id="k-1", name="vmlinuz", disk_format="raw")
WITH_FILES = replace(
    IMAGE,
    id="w-1",
    name="tiny",
    properties={"kernel_id": "k-1", "ramdisk_id": "http://files.test/r"},
)
ISO = replace(IMAGE, id="i-1", name="rescue", disk_format="iso")
IMAGES = SomeImages({image.id: image for image in (IMAGE, KERNEL, WITH_FILES, ISO)})


def the_networks(*, serves_boot: bool = True) -> SomeNetworks:
    networks = SomeNetworks().with_port(VIF, "memory")
    networks.networks["memory"] = replace(
        a_network("memory", "172.30.9.1"), serves_boot=serves_boot
    )
    return networks


def a_task(networks, boot=FILES, **changes) -> MemoryTask:
    node = a_node(driver_internal_info={"instance_boot": boot}, **changes)
    port = a_port(node, internal_info={"tenant_vif_port_id": VIF})
    plugins = {
        InterfaceKind.MANAGEMENT: NotedManagement(),
        InterfaceKind.NETWORK: NeutronNetwork(networks, SETTINGS),
    }
    return MemoryTask(node, (port,), plugins=plugins)


async def test_dhcp_and_the_script_send_the_machine_to_its_kernel():
    networks = the_networks()
    task = a_task(networks, instance_info={"kernel_append_params": "quiet mode=kiosk"})
    for _ in range(2):
        await IpxeBoot(IMAGES, networks, SETTINGS).prepare_instance(task)
    assert networks.options[VIF][2:] == (
        DhcpOption("tag:ipxe,67", f"http://172.30.9.1:6386/boot/ipxe/{MAC}"),
        DhcpOption("66", "172.30.9.1"),
        DhcpOption("150", "172.30.9.1"),
        DhcpOption("255", "172.30.9.1"),
    )
    assert networks.confirmed == [VIF, VIF]
    assert task.plugins[InterfaceKind.MANAGEMENT].device == (BootDevice.PXE, True)
    config = BootConfig.of(task.node)
    assert config is not None
    assert config.kernel == f"glance://{IMAGE.id}"
    assert config.url_of("ramdisk") == "http://files.test/initramfs"
    assert config.params == ("root=/dev/ram0", "console=ttyS0", "quiet", "mode=kiosk")


async def test_an_iso_image_needs_neither_kernel_nor_ramdisk():
    networks = the_networks()
    task = a_task(networks, {"boot_iso": "http://files.test/a.iso"})
    await IpxeBoot(IMAGES, networks, SETTINGS).prepare_instance(task)
    config = BootConfig.of(task.node)
    assert config is not None
    assert config.url_of("boot_iso") == "http://files.test/a.iso"
    assert (config.kernel, config.ramdisk) == ("", "")


async def test_a_network_on_which_nobody_serves_boot_files_is_refused_in_words():
    networks = the_networks(serves_boot=False)
    task = a_task(networks)
    with pytest.raises(Invalid, match=r"network\.infrastructure"):
        await IpxeBoot(IMAGES, networks, SETTINGS).prepare_instance(task)
    assert BootConfig.of(task.node) is None
    assert networks.options == {}


async def test_where_the_operator_plugs_the_operators_dhcp_knows_the_script():
    networks = the_networks(serves_boot=False)
    task = a_task(networks)
    task.plugins = {**task.plugins, InterfaceKind.NETWORK: NoopNetwork()}
    task.ports = (a_port(task.node, internal_info={"tenant_vif_port_id": "the-operators"}),)
    await IpxeBoot(IMAGES, networks, SETTINGS).prepare_instance(task)
    config = BootConfig.of(task.node)
    assert config is not None
    assert config.listener == "http://172.30.0.1:6386"


@pytest.mark.parametrize("text", ["a;b", "x ${cmd}", "x\nchain http://e/", ["quiet"]])
async def test_its_owners_parameters_add_no_command(text):
    networks = the_networks()
    task = a_task(networks, instance_info={"kernel_append_params": text})
    with pytest.raises(Invalid):
        await IpxeBoot(IMAGES, networks, SETTINGS).prepare_instance(task)
    assert BootConfig.of(task.node) is None


async def test_taken_back_nothing_of_it_is_left():
    networks = the_networks()
    task = a_task(networks)
    boot = IpxeBoot(IMAGES, networks, SETTINGS)
    await boot.prepare_instance(task)
    for _ in range(2):
        assert isinstance(await run_to_end(task, boot, "clean_up_ramdisk"), Done)
        assert BootConfig.of(task.node) is None
        assert networks.options[VIF] == ()


@pytest.mark.parametrize(
    ("info", "boot"),
    [
        (FILES, FILES),
        ({"kernel": "vmlinuz", "ramdisk": "glance://k-1"}, {"kernel": "k-1", "ramdisk": "k-1"}),
        ({"boot_iso": "rescue"}, {"boot_iso": "i-1"}),
        ({"image_source": "rescue"}, {"boot_iso": "i-1"}),
        ({"image_source": "tiny"}, {"kernel": "k-1", "ramdisk": "http://files.test/r"}),
        (
            {"image_source": "tiny", "boot_iso": "http://files.test/a"},
            {"boot_iso": "http://files.test/a"},
        ),
    ],
)
async def test_what_is_booted_is_named_or_its_image_says_it(info, boot):
    assert await found(info, IMAGES, admin_context()) == boot


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({}, "names nothing to boot"),
        ({"kernel": "vmlinuz"}, "both kernel and ramdisk"),
        ({**FILES, "boot_iso": "rescue"}, "give one"),
        ({"image_source": "http://files.test/a.qcow2"}, "is a URL"),
        ({"kernel": "/etc/shadow", "ramdisk": "k-1"}, "neither an image"),
        ({"boot_iso": "file:///etc/shadow"}, "neither an image"),
        ({"boot_iso": "ftp://files.test/a"}, "neither an image"),
        ({"boot_iso": 7}, "neither an image"),
    ],
)
def test_what_cannot_be_booted_is_refused_when_the_deploy_is_asked_for(info, words):
    with pytest.raises(Invalid, match=words):
        named(info)


async def test_an_image_that_cannot_be_booted_is_refused_before_the_machine_is_touched():
    with pytest.raises(Invalid, match="lacks kernel_id and ramdisk_id"):
        await found({"image_source": IMAGE.id}, IMAGES, admin_context())
    with pytest.raises(NotFound):
        await found({"image_source": "none"}, IMAGES, admin_context())
