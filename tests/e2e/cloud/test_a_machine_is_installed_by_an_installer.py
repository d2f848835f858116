"""Deploy interface anaconda on a virtual machine, with a small installer in Anaconda's place."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.e2e.cloud.conftest import BOOT, ROOT, Bench

from bessemer_lab.demo.api import BAREMETAL, NETWORK
from bessemer_lab.demo.story import bring

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = "node-2"  # starts by BIOS, which runs the first sector of its disk
MARK = "This system was installed."
SPEAKS = bytes.fromhex("31c08ed8fcbe207cbaf803ac84c07403eeebf8f4ebfd")
"""8086: writes the text at 7C20 to the first serial port, up to a null, and halts."""
INSTALLER = "usr/bin/installer"


def a_system() -> bytes:
    """A disk's first MiB with a boot sector that says the mark."""
    sector = SPEAKS.ljust(32, b"\0") + b"\r\n" + MARK.encode() + b"\r\n\0"
    return (sector.ljust(510, b"\0") + b"\x55\xaa").ljust(1 << 20, b"\0")


def an_installers_ramdisk(folder: Path) -> Path:
    """The deploy ramdisk with the small installer in its agent's place."""
    tree = shutil.copytree(ROOT / "ramdisk/overlay", folder / "tree")
    (tree / "usr/bin").mkdir()
    sources = ROOT / "tests/simulated"
    init = (ROOT / "ramdisk/overlay/init").read_text()
    assert init.count("python3 -I -m bessemer_agent") == 1
    program = (sources / "installer_in_a_machine.py").read_text()
    files = {
        "init": init.replace("python3 -I -m bessemer_agent", f"python3 /{INSTALLER}"),
        INSTALLER: f"#!/usr/bin/python3\n{program}",
        "usr/bin/curl": f"#!/usr/bin/python3\n{program}",
        "usr/bin/kickstart.py": (sources / "kickstart.py").read_text(),
    }
    for name, content in files.items():
        (tree / name).write_text(content)
        (tree / name).chmod(0o755)
    names = "\n".join(sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))).encode()
    archive = subprocess.run(
        ["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"],
        cwd=tree,
        input=names,
        capture_output=True,
        check=True,
    ).stdout
    packed = subprocess.run(["zstd", "-q", "-c"], input=archive, capture_output=True, check=True)
    whole = folder / "initrd.img"
    whole.write_bytes(BOOT.initramfs.read_bytes() + packed.stdout)
    return whole


async def test_it_reports_goes_off_and_what_it_installed_is_started(bench: Bench, tmp_path: Path):
    system, stage2 = tmp_path / "system.img", tmp_path / "install.img"
    system.write_bytes(a_system())
    stage2.write_bytes(b"stage 2")
    parts = {
        "kernel_id": await bench.upload(BOOT.kernel, "aki"),
        "ramdisk_id": await bench.upload(an_installers_ramdisk(tmp_path), "ari"),
        "stage2_id": await bench.upload(stage2, "ari"),
    }
    image = await bench.upload(system, "raw", **parts)
    before = await bench.node(NAME)
    await bench.patch(NAME, "/deploy_interface", "anaconda")
    await bench.patch(NAME, "/instance_info", {"image_source": image})
    node = bench.nodes[NAME]
    networks = await bench.api.get(f"{NETWORK}/networks?name=tenant-a")
    wanted = {"port": {"network_id": networks["networks"][0]["id"]}}
    port = (await bench.api.post(f"{NETWORK}/ports", wanted))["port"]
    await bench.api.post(f"{BAREMETAL}/nodes/{node}/vifs", {"id": port["id"]})
    await bring(bench.api, node, "active", "active")
    await bench.until_said(NAME, MARK)
    assert bench.said(NAME, "the installer switches off")
    seen = await bench.api.get(f"{BAREMETAL}/nodes/{node}")
    assert "installer" not in seen["driver_internal_info"]
    await bring(bench.api, node, "deleted", "available")
    await bench.api.delete(f"{NETWORK}/ports/{port['id']}")
    await bench.patch(NAME, "/deploy_interface", before["deploy_interface"])
    assert await bench.disk_is_blank(NAME)
