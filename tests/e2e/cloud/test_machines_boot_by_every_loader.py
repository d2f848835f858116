"""Boot interfaces pxe, http and http-ipxe on virtual machines: PXELINUX, GRUB and iPXE at work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.e2e.cloud.conftest import BOOT, Bench

from bessemer_lab.demo.api import BAREMETAL, NETWORK
from bessemer_lab.demo.story import bring
from bessemer_lab.machine.faults import Fault

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

BIOS, UEFI = "node-2", "node-1"


@asynccontextmanager
async def booting_by(bench: Bench, name: str, **fields: str) -> AsyncIterator[str]:
    """The node's uuid. Cleaning is left out, since it would boot once more."""
    before = await bench.node(name)
    for field, value in {**fields, "automated_clean": False}.items():
        await bench.patch(name, f"/{field}", value)
    try:
        yield bench.nodes[name]
    finally:
        for field in (*fields, "automated_clean"):
            await bench.patch(name, f"/{field}", before[field])


async def inspect(bench: Bench, name: str, boot_interface: str) -> None:
    before = await bench.node(name)
    async with booting_by(bench, name, boot_interface=boot_interface) as node:
        await bring(bench.api, node, "manage", "manageable")
        await bring(bench.api, node, "inspect", "manageable")
        after = await bench.node(name)
        assert after["inspection_finished_at"] != before["inspection_finished_at"]
        await bring(bench.api, node, "provide", "available")


async def run_in_memory(bench: Bench, files: dict[str, str], boot_interface: str) -> None:
    """A kernel that speaks is enough: GRUB's TCP takes a minute for a whole ramdisk here."""
    mark = f"bessemer.test={boot_interface}"
    fields = {"boot_interface": boot_interface, "deploy_interface": "ramdisk"}
    networks = await bench.api.get(f"{NETWORK}/networks?name=provisioning")
    wanted = {"port": {"network_id": networks["networks"][0]["id"]}}
    port = (await bench.api.post(f"{NETWORK}/ports", wanted))["port"]
    async with booting_by(bench, UEFI, **fields) as node:
        info = {**files, "kernel_append_params": mark}
        await bench.patch(UEFI, "/instance_info", info)
        await bench.api.post(f"{BAREMETAL}/nodes/{node}/vifs", {"id": port["id"]})
        await bring(bench.api, node, "active", "active")
        await bench.until_said(UEFI, "Kernel command line:", mark)
        await bring(bench.api, node, "deleted", "available")
    await bench.api.delete(f"{NETWORK}/ports/{port['id']}")


async def boot_uefi_by_each(bench: Bench, directory: Path) -> None:
    tiny = directory / "initrd"
    tiny.write_bytes(bytes(4096))
    files = {
        "kernel": await bench.upload(BOOT.kernel, "aki"),
        "ramdisk": await bench.upload(tiny, "ari"),
    }
    await run_in_memory(bench, files, "pxe")
    bench.machine(UEFI).set_faults(Fault.NO_PXE)
    try:
        await run_in_memory(bench, files, "http")
        await inspect(bench, UEFI, "http-ipxe")
    finally:
        machine = bench.machine(UEFI)
        machine.set_faults()
        machine.files.nvram.unlink()  # where boot by HTTP would stand before PXE from now on


async def test_either_firmware_is_brought_to_a_ramdisk(bench: Bench, tmp_path: Path):
    """One after the other: TFTP waits for each block, and two machines wait for each other, too."""
    await inspect(bench, BIOS, "pxe")
    await boot_uefi_by_each(bench, tmp_path)
