"""Storage interface external: virtual machines boot their instance from an iSCSI target, by CHAP."""

import json
import subprocess
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from tests.e2e.cloud.conftest import Bench
from tests.iscsi_target import USER, a_boot_disk, iscsi_target

from bessemer_lab.demo import story
from bessemer_lab.demo.api import BAREMETAL, NETWORK

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

MIB = 1 << 20
INITIATOR = "iqn.2026-11.test:tenant"
PASSWORD = "a-word-of-chap"
STARTED = "started from a volume, by "
GRUB = f"""\
serial --unit=0
terminal_output serial
echo "{STARTED}uefi"
sleep 3600
"""


def bios_disk(folder: Path) -> bytes:
    return a_boot_disk(f"{STARTED}bios\r\n")


def uefi_disk(folder: Path) -> bytes:
    """GPT with an EFI system partition, on it GRUB as the loader of removable media."""
    image, config, loader = (folder / name for name in ("image", "grub.cfg", "BOOTX64.EFI"))
    config.write_text(GRUB)
    modules = "--install-modules=serial terminal echo sleep normal"
    subprocess.run(
        ["grub-mkstandalone", "--format=x86_64-efi", f"--output={loader}", modules,
         "--locales=", "--themes=", "--fonts=", f"boot/grub/grub.cfg={config}"],
        check=True,
    )  # fmt: skip
    image.write_bytes(bytes(64 * MIB))
    subprocess.run(["sfdisk", "-q", image], input=b"label: gpt\n2048,81920,U\n", check=True)
    at = f"{image}@@1M"
    subprocess.run(["mformat", "-i", at, "-T", "81920", "-h", "64", "-s", "32", "::"], check=True)
    subprocess.run(["mmd", "-i", at, "::/EFI", "::/EFI/BOOT"], check=True)
    subprocess.run(["mcopy", "-i", at, loader, "::/EFI/BOOT/BOOTX64.EFI"], check=True)
    return image.read_bytes()


def address_in(bench: Bench, cidr: str) -> str:
    """The cloud's own address on that network, in the rack's namespace."""
    listed = bench.stage.lab.run_in_namespace(["ip", "-json", "-4", "address"])
    addresses = [each["local"] for link in json.loads(listed.stdout) for each in link["addr_info"]]
    return next(each for each in addresses if ip_address(each) in ip_network(cidr))


@pytest.mark.parametrize(("name", "disk"), [("node-2", bios_disk), ("node-1", uefi_disk)])
async def test_it_boots_at_every_start_and_leaves_the_disk_alone(
    bench: Bench, tmp_path: Path, name: str, disk: Callable[[Path], bytes]
):
    node, within = bench.nodes[name], bench.stage.lab.in_namespace([])
    network = (await bench.api.get(f"{NETWORK}/networks?name=provisioning"))["networks"][0]
    subnet = (await bench.api.get(f"{NETWORK}/subnets?network_id={network['id']}"))["subnets"][0]
    body = {"port": {"network_id": network["id"]}}
    port = (await bench.api.post(f"{NETWORK}/ports", body))["port"]["id"]
    await bench.patch(name, "/storage_interface", "external")
    await bench.patch(name, "/automated_clean", False)
    await bench.api.post(f"{BAREMETAL}/nodes/{node}/vifs", {"id": port})
    connector = await bench.api.post(
        f"{BAREMETAL}/volume/connectors",
        {"node_uuid": node, "type": "iqn", "connector_id": INITIATOR},
    )
    with iscsi_target(tmp_path, "0.0.0.0:3260", INITIATOR, PASSWORD, within) as target:
        target.add(1, disk(tmp_path))
        properties = {
            "target_portal": f"{address_in(bench, subnet['cidr'])}:3260",
            "target_iqn": target.name,
            "target_lun": 1,
            "auth_method": "CHAP",
            "auth_username": USER,
            "auth_password": PASSWORD,
        }
        volume = await bench.api.post(
            f"{BAREMETAL}/volume/targets",
            {"node_uuid": node, "volume_type": "iscsi", "boot_index": 0, "volume_id": "system",
             "properties": properties},
        )  # fmt: skip
        own_disk = bench.machine(name).files.disk(0)
        before = own_disk.stat().st_mtime_ns

        await bench.api.put(f"{BAREMETAL}/nodes/{node}/states/provision", {"target": "active"})
        await story.settle(bench.api, node, "active")
        await bench.until_said(name, STARTED)
        await bench.api.put(f"{BAREMETAL}/nodes/{node}/states/power", {"target": "rebooting"})
        await bench.until_said(name, STARTED, times=2)
        assert PASSWORD not in str(await bench.node(name))

        await bench.api.put(f"{BAREMETAL}/nodes/{node}/states/provision", {"target": "deleted"})
        await story.settle(bench.api, node, "available")
        assert own_disk.stat().st_mtime_ns == before
    await bench.api.delete(f"{BAREMETAL}/volume/targets/{volume['uuid']}")
    await bench.api.delete(f"{BAREMETAL}/volume/connectors/{connector['uuid']}")
    await bench.patch(name, "/storage_interface", "noop")
    await bench.patch(name, "/automated_clean", None)
    await bench.api.delete(f"{NETWORK}/ports/{port}")
