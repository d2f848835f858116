"""What goes in at one port comes out at the ports of its VLAN, and at no other."""

import contextlib
import json
import sys
from collections.abc import Iterator

import pytest
from tests.e2e.lab.cable import Cable, plugged_in

from bessemer_lab.lab import Lab
from bessemer_lab.programs import run
from bessemer_lab.rack import PARKED_VLAN

BROADCAST, UNTYPED = b"\xff" * 6, b"\x88\xb5"
ARP_REQUEST = bytes.fromhex("080600010800")
ARP_REPLY = bytes.fromhex("08060001080006040002")
SOMEBODY = bytes([2, 0, 0, 0, 0, 9])
PORTS = ("swp1", "swp2", "swp3")
SEND = """
import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", (sys.argv[1], 9))
"""


def a_frame(sender: int, text: bytes) -> bytes:
    return BROADCAST + bytes([2, 0, 0, 0, 0, sender]) + UNTYPED + text.ljust(46, b"\0")


@pytest.fixture
def cables(shared_lab: Lab) -> Iterator[list[Cable]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(plugged_in(shared_lab, port)) for port in PORTS]
    tag(shared_lab, dict.fromkeys(PORTS, 4094))


def tag(lab: Lab, tags: dict[str, int]) -> None:
    """Set VLANs; return when the switch has thrown away the flows it cached under the old ones."""
    words = []
    for port, vlan in tags.items():
        protected = str(vlan == PARKED_VLAN).lower()
        words += ["--", "set", "port", port, f"tag={vlan}", f"protected={protected}"]
    run(["ovs-vsctl", f"--db=unix:{lab.ovsdb}", *words])
    run(["ovs-appctl", "-t", str(lab.layout.switch / "ovs-vswitchd.ctl"), "revalidator/wait"])


def test_ports_start_parked(shared_lab: Lab) -> None:
    tags = shared_lab.port_tags()
    assert {tags[port] for port in ("swp1", "swp2", "swp3", "swp4")} == {4094}
    assert tags["tor-100"] == 100
    assert tags["tor-201"] == 201


def test_a_frame_reaches_its_own_vlan_only(shared_lab: Lab, cables: list[Cable]) -> None:
    tag(shared_lab, {"swp1": 200, "swp2": 200, "swp3": 201})
    cables[0].send(a_frame(1, b"to tenant a"))
    assert cables[1].hears(b"to tenant a", 3) == a_frame(1, b"to tenant a")
    assert cables[2].hears(b"to tenant a", 0.5) is None


def test_a_port_follows_its_tag(shared_lab: Lab, cables: list[Cable]) -> None:
    tag(shared_lab, {"swp1": 200, "swp2": 200, "swp3": 200})
    cables[0].send(a_frame(1, b"first"))
    assert cables[2].hears(b"first", 3)
    tag(shared_lab, {"swp3": 201})
    cables[0].send(a_frame(1, b"second"))
    assert cables[1].hears(b"second", 3)
    assert cables[2].hears(b"second", 0.5) is None


def test_the_host_is_in_every_vlan_by_its_uplinks(shared_lab: Lab, cables: list[Cable]) -> None:
    tag(shared_lab, {"swp1": 200, "swp2": 201})
    shared_lab.run_in_namespace(["ip", "address", "add", "172.20.200.1/24", "dev", "tor-200"])
    try:
        # Before the datagram can go, its receiver is asked for by ARP, which is broadcast.
        done = shared_lab.run_in_namespace([sys.executable, "-c", SEND, "172.20.200.9"])
        assert done.returncode == 0, done.stderr
        assert cables[0].hears(ARP_REQUEST, 3)
        assert cables[1].hears(ARP_REQUEST, 0.5) is None
    finally:
        shared_lab.run_in_namespace(["ip", "address", "flush", "dev", "tor-200"])


def test_the_host_answers_for_its_address_by_the_uplink_alone(
    shared_lab: Lab, cables: list[Cable]
) -> None:
    """A cable's own end in the kernel would answer sooner, with an address that leads nowhere."""
    tag(shared_lab, {"swp1": 200})
    shared_lab.run_in_namespace(["ip", "address", "add", "172.20.200.1/24", "dev", "tor-200"])
    own, wanted = bytes([172, 20, 200, 9]), bytes([172, 20, 200, 1])
    question = bytes.fromhex("08060001080006040001") + SOMEBODY + own + bytes(6) + wanted
    try:
        cables[0].send((BROADCAST + SOMEBODY + question).ljust(60, b"\0"))
        answers = []
        while answer := cables[0].hears(ARP_REPLY, 1 if answers else 3):
            answers.append(answer[6:12].hex(":"))
    finally:
        shared_lab.run_in_namespace(["ip", "address", "flush", "dev", "tor-200"])
    uplink = shared_lab.run_in_namespace(["ip", "-json", "link", "show", "tor-200"])
    assert answers == [json.loads(uplink.stdout)[0]["address"]]
