"""The machine's own addresses: waiting for DHCP, and which one the conductor can reach."""

import select
import socket
import time
from pathlib import Path

RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_IFADDR = 0x10, 0x40, 0x100
ARPHRD_ETHER, ARPHRD_INFINIBAND = "1", "32"
CARDS = frozenset({ARPHRD_ETHER, ARPHRD_INFINIBAND})
INFINIBAND_OCTETS, GUID_OCTETS = 20, 8
CLIENT_ID_PREFIX = "ff:00:00:00:00:00:02:00:00:02:c9:00"
RECHECK_S = 2.0


class NoAddress(Exception):
    """No network address came in time."""


def address_towards(host: str, port: int) -> str | None:
    """The local address that packets to `host` would carry; None when there is no route."""
    try:
        family, kind, _, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.connect(target)  # UDP: chooses the route, sends nothing
            return str(probe.getsockname()[0])
    except OSError:
        return None


def wait_for_address(host: str, port: int, *, timeout_s: float) -> str:
    """Return as soon as there is a route to `host`. Raises NoAddress.

    Woken by the kernel's address and route messages (rtnetlink(7)); the name server can come later
    than the route, hence the recheck.
    """
    deadline = time.monotonic() + timeout_s
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as changes:
        changes.bind((0, RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR))
        while True:
            address = address_towards(host, port)
            if address:
                return address
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise NoAddress(f"no route to {host} within {timeout_s:.0f} s; is DHCP answering?")
            ready, _, _ = select.select([changes], [], [], min(left_s, RECHECK_S))
            if ready:
                changes.recv(65536)


def mac_addresses(system_root: Path, first: str | None = None) -> list[str]:
    """MACs of the network cards with hardware behind them; `first` (BOOTIF) leads."""
    found = []
    for device in sorted((system_root / "sys/class/net").glob("*")):
        if not (device / "device").exists():
            continue
        if (device / "type").read_text().strip() in CARDS:
            found.append(mac_of((device / "address").read_text()))
    return sorted(set(found), key=lambda mac: (mac != first, mac))


def mac_of(hardware_address: str) -> str:
    """A card's address as a MAC, by which it is known.

    InfiniBand's (RFC 4391, 9.1.1) has 20 octets and ends with the port's GUID, of which the first three
    and the last three make it, as Ironic does.
    """
    address = hardware_address.strip().lower()
    guid = _guid(address)
    return address if guid is None else ":".join((*guid[:3], *guid[-3:]))


def client_id_of(hardware_address: str) -> str | None:
    """What an InfiniBand card calls itself to DHCP (option 61), in Ironic's inventory; else None."""
    guid = _guid(hardware_address.strip().lower())
    return None if guid is None else ":".join((CLIENT_ID_PREFIX, *guid))


def _guid(address: str) -> list[str] | None:
    octets = address.split(":")
    return octets[-GUID_OCTETS:] if len(octets) == INFINIBAND_OCTETS else None
