"""A DHCP client for tests: raw packets (RFC 2131) sent from a namespace, answers as values."""

import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from tests.integration.network.real_switch import inside

DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6
_COOKIE = b"\x63\x82\x53\x63"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    kind: int
    address: str
    next_server: str
    boot_file: str
    options: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class Client:
    """A NIC in a namespace. `architecture` is option 93; `ipxe` sends option 175 as iPXE does.

    With a `client_id` it asks as InfiniBand does: by that alone (RFC 4390).
    """

    namespace: str
    interface: str
    mac: str
    architecture: int | None = None
    ipxe: bool = False
    client_id: str | None = None

    def discover(self, timeout_s: float = 3.0, attempts: int = 1) -> Answer | None:
        """Broadcast a DISCOVER; the first offer, or None."""
        return self._exchange(self._packet(DISCOVER), timeout_s, attempts)

    def request(self, offer: Answer, timeout_s: float = 3.0) -> Answer | None:
        """Accept an offer; the acknowledgement."""
        extra = {50: socket.inet_aton(offer.address), 54: offer.options[54]}
        return self._exchange(self._packet(REQUEST, extra), timeout_s, 1)

    def _packet(self, kind: int, extra: Mapping[int, bytes] | None = None) -> bytes:
        kind_of_nic, hardware = 1, bytes.fromhex(self.mac.replace(":", ""))
        if self.client_id is not None:
            kind_of_nic, hardware = 32, b""
        head = struct.pack("!BBBBIHH", 1, kind_of_nic, len(hardware), 0, 0x5EED, 0, 0x8000)
        options = {53: bytes([kind]), 55: bytes([1, 3, 6, 26, 60, 66, 67, 150]), **(extra or {})}
        if self.architecture is not None:
            options[93] = struct.pack("!H", self.architecture)
        if self.client_id is not None:
            options[61] = bytes.fromhex(self.client_id.replace(":", ""))
        if self.ipxe:
            options[175] = bytes([0x13, 1, 1])
        tail = b"".join(bytes([n, len(v)]) + v for n, v in options.items()) + b"\xff"
        return head + bytes(16) + hardware.ljust(16, b"\0") + bytes(192) + _COOKIE + tail

    def _exchange(self, packet: bytes, timeout_s: float, attempts: int) -> Answer | None:
        def work() -> Answer | None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                name = self.interface.encode()
                link.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name)
                link.bind(("0.0.0.0", 68))
                link.settimeout(timeout_s)
                for _ in range(attempts):
                    link.sendto(packet, ("255.255.255.255", 67))
                    try:
                        return parse(link.recv(4096))
                    except TimeoutError:
                        continue
                return None

        return inside(self.namespace, work)


def parse(packet: bytes) -> Answer:
    """A BOOTP reply as a value."""
    options: dict[int, bytes] = {}
    rest = packet[240:]
    while rest and rest[0] != 255:
        if rest[0] == 0:
            rest = rest[1:]
            continue
        size = rest[1]
        options[rest[0]] = rest[2 : 2 + size]
        rest = rest[2 + size :]
    named = packet[108:236].split(b"\0")[0].decode()
    return Answer(
        kind=options[53][0],
        address=socket.inet_ntoa(packet[16:20]),
        next_server=socket.inet_ntoa(packet[20:24]),
        boot_file=options.get(67, b"").rstrip(b"\0").decode() or named,
        options=options,
    )
