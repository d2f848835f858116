"""Sockets on every address of loopback and on nothing else: each machine of a fleet has one of them."""

import socket
from ipaddress import IPv4Address
from typing import Final

FIRST_ADDRESS: Final = IPv4Address("127.64.0.1")
"""All of 127.0.0.0/8 is this host; nobody else uses this part of it."""
MOST: Final = 1 << 20


def address_of(number: int) -> IPv4Address:
    """Of a fleet's machine, from 0 on: its BMC and its agent are both there."""
    return FIRST_ADDRESS + number


def number_at(address: str) -> int:
    """The other way round; may be one that no machine has."""
    return int(IPv4Address(address)) - int(FIRST_ADDRESS)


def bind_to_loopback(opened: socket.socket, port: int) -> None:
    """Raises OSError; port 0 takes a free one."""
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    opened.bind(("0.0.0.0", port))
