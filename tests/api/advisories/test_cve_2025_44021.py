"""Ironic CVE-2025-44021 and its kin, CVE-2026-44919 and CVE-2026-44917: an image named by `file://`
was read from the conductor's disk, was hashed without end (`/dev/zero`), and, named by another field
than the guarded one, was read all the same. Ours refuses such names in every field."""

import asyncio

import pytest
from tests.baremetal_task import MemoryTask, a_node, a_port
from tests.unit.baremetal_agent.rooms import SomeImages, SomeNetworks

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.work import Failed
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.bootc.deploy import BootcDeploy
from bessemer.baremetal.drivers.direct.deploy import DirectDeploy
from bessemer.baremetal.drivers.ipxe.boot import IpxeBoot
from bessemer.baremetal.drivers.iscsi.deploy import IscsiDeploy
from bessemer.baremetal.drivers.none.network import NoopNetwork
from bessemer.baremetal.drivers.pxe.boot import HttpBoot, HttpIpxeBoot, PxeBoot
from bessemer.baremetal.drivers.ramdisk.deploy import RamdiskDeploy
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid

PLACES = ("file:///etc/shadow", "file:///dev/zero", "FILE:///etc/shadow", "/proc/self/environ")
PATIENCE_S = 20
ROOMS = (SomeImages(), SomeNetworks(), BareMetalSettings())


async def refusal(plugin: Plugin, task: MemoryTask, step: str, **arguments: object) -> str:
    """What it says, at once or in the step that looks for the file."""
    try:
        plugin.validate(task.node, task.ports)
    except Invalid as error:
        return error.message
    async with asyncio.timeout(PATIENCE_S):
        outcome = await plugin.run_step(step, task, arguments)
    assert isinstance(outcome, Failed), outcome
    return outcome.reason


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("field", ["image_source", "kernel", "ramdisk", "boot_iso"])
@pytest.mark.parametrize("deploy", ["direct", "iscsi", "bootc", "ramdisk"])
async def test_no_deploy_takes_an_image_from_the_conductors_disk(tmp_path, deploy, field, place):
    images, networks, settings = ROOMS
    agents = AgentClient()
    plugin = {
        "direct": lambda: DirectDeploy(images, networks, settings, agents),
        "iscsi": lambda: IscsiDeploy(images, networks, settings, agents, tmp_path),
        "bootc": lambda: BootcDeploy(settings, agents),
        "ramdisk": lambda: RamdiskDeploy(images, settings, agents),
    }[deploy]()
    task = MemoryTask(a_node(instance_info={field: place}), plugins=PLUGINS)
    assert await refusal(plugin, task, "prepare_image")
    await agents.close()


PLUGINS = {InterfaceKind.NETWORK: NoopNetwork()}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("field", ["deploy_kernel", "deploy_ramdisk"])
@pytest.mark.parametrize("boot", [IpxeBoot, PxeBoot, HttpBoot, HttpIpxeBoot])
async def test_no_boot_serves_a_file_from_elsewhere(tmp_path, boot, field, place):
    for name in ("kernel", "initramfs"):
        (tmp_path / name).write_bytes(b"x")
    files = {
        "deploy_kernel": str(tmp_path / "kernel"),
        "deploy_ramdisk": str(tmp_path / "initramfs"),
    }
    images, networks, _ = ROOMS
    plugin = boot(images, networks.with_port("v", "provisioning"), BareMetalSettings(**files))
    node = a_node(driver_info={field: place})
    nic = a_port(node, internal_info={"provisioning_vif_port_id": "v"})
    task = MemoryTask(node, (nic,), plugins=PLUGINS)
    assert await refusal(plugin, task, "prepare_ramdisk", purpose="provisioning")
    assert "boot_config" not in task.node.driver_internal_info
