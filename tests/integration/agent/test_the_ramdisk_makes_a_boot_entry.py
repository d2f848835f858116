"""UEFI: after writing an image, the boot menu names the image's own loader, until it is cleaned."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.integration.agent import conductor_server, image_server
from tests.integration.agent.conductor_server import AgentClient, ConductorServer, outcome
from tests.integration.agent.image_server import ImageServer
from tests.integration.agent.ramdisk_machine import HOST_SEEN_BY_GUEST, booted

MIB = 1 << 20
PARTITION_GUID = slice(1024 + 16, 1024 + 32)
"""Of the first partition (UEFI specification, 5.3.3), by which a boot entry names it."""
FIRMWARE = Path("/usr/share/OVMF")


def firmware(folder: Path) -> list[str]:
    """OVMF, with variables of its own; packages differ in the name of the files."""
    for code, variables in (
        ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"),
        ("OVMF_CODE.fd", "OVMF_VARS.fd"),
    ):
        if (FIRMWARE / code).exists():
            shutil.copyfile(FIRMWARE / variables, folder / "variables")
            return [
                "-machine", "q35",
                "-drive", f"if=pflash,format=raw,readonly=on,file={FIRMWARE / code}",
                "-drive", f"if=pflash,format=raw,file={folder / 'variables'}",
            ]  # fmt: skip
    pytest.fail("no OVMF firmware is installed (package ovmf)")


def a_uefi_image(folder: Path) -> bytes:
    image, listing = folder / "image", folder / "BOOTX64.CSV"
    image.write_bytes(bytes(64 * MIB))
    subprocess.run(["sfdisk", "-q", image], input=b"label: gpt\n2048,81920,U\n", check=True)
    listing.write_bytes("shimx64.efi,Debian,,the comment\n".encode("utf-16"))
    (folder / "shim").write_bytes(b"MZ not a program")
    at = f"{image}@@1M"
    subprocess.run(["mformat", "-i", at, "-T", "81920", "-h", "64", "-s", "32", "::"], check=True)
    for made in ("::/EFI", "::/EFI/debian"):
        subprocess.run(["mmd", "-i", at, made], check=True)
    for source, target in ((listing, "BOOTX64.CSV"), (folder / "shim", "shimx64.efi")):
        subprocess.run(["mcopy", "-i", at, source, f"::/EFI/debian/{target}"], check=True)
    return image.read_bytes()


def written_and_made_bootable(
    conductor: ConductorServer, agent: AgentClient, port: int, content: bytes
) -> dict[str, Any]:
    """What the agent says of the boot entry, once it has written the image."""
    info = {
        "id": "debian",
        "urls": [f"http://{HOST_SEEN_BY_GUEST}:{port}/image"],
        "checksum": hashlib.sha256(content).hexdigest(),
        "disk_format": "raw",
    }
    agent.order("standby.prepare_image", {"image_info": info})
    assert outcome(conductor, agent, "prepare_image", 90)["command_error"] is None
    agent.order("image.install_bootloader", {"root_uuid": None, "target_boot_mode": "uefi"})
    return outcome(conductor, agent, "install_bootloader", 60)


def test_the_boot_menu_names_the_loader_until_it_is_cleaned(tmp_path: Path) -> None:
    content, disk = a_uefi_image(tmp_path), tmp_path / "disk"
    with disk.open("wb") as stream:
        stream.truncate(5 << 30)
    with (
        conductor_server.running(ConductorServer()) as conductor,
        image_server.running(ImageServer(content)) as image,
        booted(tmp_path, conductor, [disk], hardware=firmware(tmp_path)) as machine,
    ):
        agent = AgentClient(conductor.next_heartbeat(180), machine.agent_address)
        entry = written_and_made_bootable(conductor, agent, image.port, content)
        removed = []
        for _ in range(2):
            step = {"interface": "deploy", "step": "clean_uefi_nvram"}
            agent.order("clean.execute_clean_step", {"step": step, "node": {}, "ports": []})
            cleaned = outcome(conductor, agent, "execute_clean_step", 60)
            removed.append(cleaned["command_result"]["clean_result"]["removed"])
        step = {"interface": "deploy", "step": "erase_pstore"}
        agent.order("clean.execute_clean_step", {"step": step, "node": {}, "ports": []})
        records = outcome(conductor, agent, "execute_clean_step", 60)
        console = machine.console.read_text(errors="replace")
    assert entry["command_error"] is None
    assert removed == [["Debian"], []]
    assert records["command_result"]["clean_result"] == {"erased": []}
    assert r"Boot entry 'Debian' starts EFI/debian/shimx64.efi of partition 1" in console
    assert "shimx64.efi".encode("utf-16-le") in (tmp_path / "variables").read_bytes()


def test_the_boot_menu_names_the_loader_on_a_mirror(tmp_path: Path) -> None:
    content, disks = a_uefi_image(tmp_path), [tmp_path / "one", tmp_path / "two"]
    for disk in disks:
        disk.touch()
        os.truncate(disk, 5 << 30)
    with (
        conductor_server.running(ConductorServer()) as conductor,
        image_server.running(ImageServer(content)) as image,
        booted(tmp_path, conductor, disks, hardware=firmware(tmp_path)) as machine,
    ):
        agent = AgentClient(conductor.next_heartbeat(180), machine.agent_address)
        mirror = {"logical_disks": [{"size_gb": "MAX", "raid_level": "1"}]}
        step = {"interface": "raid", "step": "apply_configuration", "args": {"raid_config": mirror}}
        agent.order("deploy.execute_deploy_step", {"step": step, "node": {}, "ports": []})
        made = outcome(conductor, agent, "execute_deploy_step", 90)
        assert made["command_error"] is None
        entry = written_and_made_bootable(conductor, agent, image.port, content)
    assert entry["command_error"] is None
    variables = (tmp_path / "variables").read_bytes()
    assert "shimx64.efi".encode("utf-16-le") in variables
    assert content[PARTITION_GUID] in variables  # which either disk of the mirror has
