"""Inspection in a virtual machine: a switch announces itself by LLDP; then an NVMe disk is erased."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.agent import conductor_server
from tests.integration.agent.agent_process import free_port
from tests.integration.agent.conductor_server import AgentClient, ConductorServer, outcome
from tests.integration.agent.ramdisk_machine import HOST_SEEN_BY_GUEST, MAC, booted

MIB, GIB = 1 << 20, 1 << 30
SECOND_MAC = "52:54:00:ab:cd:f0"
CHASSIS, PORT = (1, "04020000000001"), (2, "05" + b"tap7".hex())


def an_announcement() -> bytes:
    frame = bytes.fromhex("0180c200000e" "020000000001" "88cc")  # fmt: skip
    for kind, value in (CHASSIS, PORT, (3, "0078"), (0, "")):
        data = bytes.fromhex(value)
        frame += (kind << 9 | len(data)).to_bytes(2, "big") + data
    return frame.ljust(60, b"\0")


@contextmanager
def a_switch_at(port: int) -> Iterator[None]:
    """Sends Ethernet frames, each a datagram, to QEMU's end of the cable."""
    unplugged = threading.Event()

    def announce() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as cable:
            while not unplugged.wait(0.5):
                cable.sendto(an_announcement(), ("127.0.0.1", port))

    thread = threading.Thread(target=announce)
    thread.start()
    try:
        yield
    finally:
        unplugged.set()
        thread.join()


def test_it_reports_its_cabling_and_erases_its_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(os.urandom(8 * MIB))
    os.truncate(disk, 5 * GIB)
    cable = free_port()
    hardware = [
        "-netdev", f"dgram,id=cable,local.type=inet,local.host=127.0.0.1,local.port={cable},"
        "remote.type=inet,remote.host=127.0.0.1,remote.port=9",
        "-device", f"e1000,netdev=cable,mac={SECOND_MAC},romfile=",
        "-drive", f"file={disk},format=raw,if=none,id=flash,cache=unsafe",
        "-device", "nvme,drive=flash,serial=flash-1",
    ]  # fmt: skip
    with conductor_server.running(ConductorServer()) as conductor, a_switch_at(cable):
        callback = f"http://{HOST_SEEN_BY_GUEST}:{conductor.port}/v1/continue_inspection"
        more = [
            f"ipa-inspection-callback-url={callback}",
            "ipa-collect-lldp=1",
            "ipa-lldp-timeout=20",
        ]
        with booted(tmp_path, conductor, more=more, hardware=hardware) as machine:
            report, _ = conductor.inspections.get(timeout=180)
            cards = {card["mac_address"]: card for card in report["inventory"]["interfaces"]}
            assert set(cards) == {MAC, SECOND_MAC}
            assert cards[SECOND_MAC]["lldp"][:2] == [list(CHASSIS), list(PORT)]
            assert cards[SECOND_MAC]["driver"] == "e1000"
            assert cards[MAC]["ipv4_address"] == "10.0.2.15"
            assert report["inventory"]["memory"]["physical_mb"] == 1024
            assert report["inventory"]["cpu"]["count"] == 2
            assert report["root_disk"]["name"] == "/dev/nvme0n1"
            assert report["root_disk"]["serial"] == "flash-1"
            agent = AgentClient(conductor.next_heartbeat(60), machine.agent_address)
            step = {"interface": "deploy", "step": "erase_devices"}
            agent.order("clean.execute_clean_step", {"step": step, "node": {}, "ports": []})
            entry = outcome(conductor, agent, "execute_clean_step", 120)
    assert entry["command_error"] is None
    assert entry["command_result"]["clean_result"] == {"/dev/nvme0n1": "NVMe format"}
    with disk.open("rb") as stream:
        assert stream.read(8 * MIB) == bytes(8 * MIB)
