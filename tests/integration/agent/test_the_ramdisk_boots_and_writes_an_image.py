"""Kernel and initramfs in a virtual machine: first heartbeat, an image on a disk, power off."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

from tests.integration.agent import conductor_server, image_server
from tests.integration.agent.conductor_server import AgentClient, ConductorServer, outcome
from tests.integration.agent.image_server import ImageServer
from tests.integration.agent.ramdisk_machine import HOST_SEEN_BY_GUEST, booted

MIB = 1 << 20
SECONDS_TO_HEARTBEAT = re.compile(r"Heartbeat sent ([0-9.]+) s after the kernel's start")


def a_qcow2(folder: Path) -> tuple[bytes, bytes]:
    """(the file, what it unpacks to): compressed and plain clusters, holes, and a GPT."""
    raw, packed = folder / "image.raw", folder / "image.qcow2"
    with raw.open("wb") as stream:
        stream.truncate(64 * MIB)
        stream.seek(5 * MIB)
        stream.write(os.urandom(3 * MIB) + b"bare metal " * 200_000)
    subprocess.run(["sfdisk", "-q", raw], input=b"label: gpt\n2048,40960\n", check=True)
    subprocess.run(["qemu-img", "convert", "-c", "-O", "qcow2", raw, packed], check=True)
    return packed.read_bytes(), raw.read_bytes()


def test_it_heartbeats_writes_and_powers_off(tmp_path: Path) -> None:
    packed, raw = a_qcow2(tmp_path)
    disk = tmp_path / "disk"
    disk.write_bytes(os.urandom(MIB) * 16)
    os.truncate(disk, 5 << 30)
    image = ImageServer(packed)
    with (
        conductor_server.running(ConductorServer()) as conductor,
        image_server.running(image),
        booted(tmp_path, conductor, [disk]) as machine,
    ):
        beat = conductor.next_heartbeat(120)
        assert beat["callback_url"] == "https://10.0.2.15:9999"
        agent = AgentClient(beat, machine.agent_address)
        url = f"http://{HOST_SEEN_BY_GUEST}:{image.port}/image"
        arguments = {
            "image_info": {
                "id": "debian",
                "urls": [url],
                "disk_format": "qcow2",
                "os_hash_algo": "sha256",
                "os_hash_value": hashlib.sha256(packed).hexdigest(),
            }
        }
        step = {"interface": "deploy", "step": "write_image", "args": arguments}
        params = {"step": step, "node": conductor.node, "ports": []}
        assert agent.order("deploy.execute_deploy_step", params)[0] == 200
        entry = outcome(conductor, agent, "execute_deploy_step", 120)
        assert entry["command_error"] is None
        assert "written to device /dev/vda" in entry["command_result"]["deploy_result"]
        assert agent.order("standby.power_off", {})[0] == 200
        assert machine.process.wait(60) == 0
        console = machine.console.read_text(errors="replace")
    with disk.open("rb") as stream:
        written = stream.read(len(raw))
    assert written[34 * 512 :] == raw[34 * 512 :]
    found = SECONDS_TO_HEARTBEAT.search(console)
    assert found, console
    assert "[req-boot]" in console
