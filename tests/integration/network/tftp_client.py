"""A TFTP client for tests (RFC 1350), from within a namespace."""

import socket
import struct

from tests.integration.network.real_switch import inside

_RRQ, _DATA, _ACK, _ERROR = 1, 3, 4, 5


class TftpError(Exception):
    """The server refused the file."""


def fetch(namespace: str, server: str, name: str) -> bytes:
    """The whole file. Raises TftpError."""

    def work() -> bytes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            link.settimeout(5)
            link.sendto(struct.pack("!H", _RRQ) + name.encode() + b"\0octet\0", (server, 69))
            content = b""
            while True:
                packet, peer = link.recvfrom(2048)
                kind, number = struct.unpack("!HH", packet[:4])
                if kind == _ERROR:
                    raise TftpError(packet[4:].decode())
                assert kind == _DATA
                content += packet[4:]
                link.sendto(struct.pack("!HH", _ACK, number), peer)
                if len(packet) < 516:
                    return content

    return inside(namespace, work)
