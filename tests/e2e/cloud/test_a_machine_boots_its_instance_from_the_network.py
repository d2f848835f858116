"""Deploy interface ramdisk on a virtual machine: its instance lives in memory, and comes back."""

import pytest
from tests.e2e.cloud.conftest import BOOT, Bench

from bessemer_lab.demo import story
from bessemer_lab.demo.api import BAREMETAL, NETWORK

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

NAME = "node-1"
MARK = "bessemer.test=in-memory"


async def test_it_boots_at_every_start_and_leaves_the_disk_alone(bench: Bench):
    node = bench.nodes[NAME]
    kernel = await bench.upload(BOOT.kernel, "aki", "vmlinuz")
    ramdisk = await bench.upload(BOOT.initramfs, "ari", "initrd")
    networks = await bench.api.get(f"{NETWORK}/networks?name=provisioning")
    port = await bench.api.post(
        f"{NETWORK}/ports", {"port": {"network_id": networks["networks"][0]["id"]}}
    )
    await bench.patch(NAME, "/deploy_interface", "ramdisk")
    await bench.patch(NAME, "/automated_clean", False)
    info = {"kernel": kernel, "ramdisk": ramdisk, "kernel_append_params": MARK}
    await bench.patch(NAME, "/instance_info", info)
    await bench.api.post(f"{BAREMETAL}/nodes/{node}/vifs", {"id": port["port"]["id"]})

    await bench.api.put(f"{BAREMETAL}/nodes/{node}/states/provision", {"target": "active"})
    await story.settle(bench.api, node, "active")
    await bench.until_said(NAME, "Kernel command line:", MARK)
    await bench.api.put(f"{BAREMETAL}/nodes/{node}/states/power", {"target": "rebooting"})
    await bench.until_said(NAME, "Kernel command line:", MARK, times=2)
    assert await bench.disk_is_blank(NAME)

    await bench.api.put(f"{BAREMETAL}/nodes/{node}/states/provision", {"target": "deleted"})
    await story.settle(bench.api, node, "available")
    await bench.patch(NAME, "/deploy_interface", "direct")
    await bench.patch(NAME, "/automated_clean", None)
    answer = await bench.api.get(f"{NETWORK}/ports/{port['port']['id']}")
    assert answer["port"]["extra_dhcp_opts"] == []
    await bench.api.delete(f"{NETWORK}/ports/{port['port']['id']}")
    assert bench.machine(NAME).power_state() == "off"
