"""The switch's announcements: LLDP frames (IEEE 802.1AB) to every machine port, every 3 seconds.

Run as `python -m bessemer_lab.lldp STATE_DIR` in the rack's namespace.
"""

import contextlib
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bessemer_lab.detached import run_detached
from bessemer_lab.layout import layout_of
from bessemer_lab.rack import Nic, Rack
from bessemer_lab.rack_file import read_rack

PERIOD_S: Final = 3
TTL_S: Final = 120
ETHERTYPE: Final = 0x88CC
NEAREST_BRIDGE: Final = bytes.fromhex("0180c200000e")
"""Bridges do not pass this address on: the frame reaches the other end of the cable only."""

END, CHASSIS_ID, PORT_ID, TTL, PORT_DESCRIPTION, SYSTEM_NAME, CAPABILITIES = 0, 1, 2, 3, 4, 5, 7
MAC_ADDRESS, INTERFACE_NAME = 4, 5
BRIDGE: Final = 0x0004


def frame(switch_mac: str, switch_name: str, port: str) -> bytes:
    """The frame that tells a machine's NIC which switch and port it is cabled to."""
    mac = bytes.fromhex(switch_mac.replace(":", ""))
    name, label = switch_name.encode(), port.encode()
    return b"".join(
        [
            NEAREST_BRIDGE,
            mac,
            struct.pack("!H", ETHERTYPE),
            _tlv(CHASSIS_ID, bytes([MAC_ADDRESS]) + mac),
            _tlv(PORT_ID, bytes([INTERFACE_NAME]) + label),
            _tlv(TTL, struct.pack("!H", TTL_S)),
            _tlv(PORT_DESCRIPTION, label),
            _tlv(SYSTEM_NAME, name),
            _tlv(CAPABILITIES, struct.pack("!HH", BRIDGE, BRIDGE)),
            _tlv(END, b""),
        ]
    ).ljust(60, b"\0")


def _tlv(kind: int, value: bytes) -> bytes:
    return struct.pack("!H", kind << 9 | len(value)) + value


def announce(rack: Rack, ready: Callable[[], None]) -> None:
    """Send to every port of the rack until SIGTERM."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    nics = [nic for machine in rack.machines for nic in machine.nics]
    with contextlib.ExitStack() as stack:
        ports = [
            (
                stack.enter_context(_open(nic)),
                frame(rack.switch_mac(nic.switch), nic.switch, nic.port),
            )
            for nic in nics
        ]
        ready()
        while not signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, PERIOD_S):
            for port, announcement in ports:
                # A port whose machine is off takes nothing; it will be told later.
                with contextlib.suppress(OSError):
                    port.send(announcement)


def _open(nic: Nic) -> socket.socket:
    # Protocol 0: send only, nothing is queued for us to read.
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
    port.bind((nic.port, 0))
    return port


def main(argv: list[str]) -> None:
    """Read the rack file in the state directory and announce its switches."""
    layout = layout_of(Path(argv[0]))
    rack = read_rack(layout.rack_file)
    run_detached(lambda ready: announce(rack, ready), layout.lldp_log)


if __name__ == "__main__":
    main(sys.argv[1:])
