"""Link Layer Discovery Protocol (IEEE 802.1AB): what the switch at the other end says of itself."""

import logging
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping

LOG = logging.getLogger(__name__)

ETHERTYPE = 0x88CC
# Nearest bridge, nearest non-TPMR bridge, nearest customer bridge (802.1AB table 7-1).
DESTINATIONS = ("0180c200000e", "0180c2000003", "0180c2000000")
MAX_TLVS = 128
MAX_FRAME = 9216
HEADER_BYTES = 14
END_OF_LLDPDU = 0
# A link that was just brought up needs this long before "no carrier" means "no cable".
LINK_SETTLE_S = 3.0
LOOK_AGAIN_S = 0.5
# linux/if_packet.h
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_MULTICAST = 263, 1, 0

Tlvs = list[tuple[int, str]]


def parse_frame(frame: bytes) -> Tlvs | None:
    """(type, value in hex) of each TLV; None for a frame that is not LLDP.

    The sender is not trusted: a TLV that claims more than the frame holds ends the list.
    """
    if len(frame) < HEADER_BYTES or frame[12:14] != ETHERTYPE.to_bytes(2, "big"):
        return None
    tlvs: Tlvs = []
    at = HEADER_BYTES
    while at + 2 <= len(frame) and len(tlvs) < MAX_TLVS:
        (head,) = struct.unpack_from(">H", frame, at)
        kind, length = head >> 9, head & 0x1FF
        value = frame[at + 2 : at + 2 + length]
        if kind == END_OF_LLDPDU or len(value) < length:
            break
        tlvs.append((kind, value.hex()))
        at += 2 + length
    return tlvs


def listen(
    names: list[str], has_carrier: Callable[[str], bool], timeout_s: float
) -> Mapping[str, Tlvs]:
    """What each network card hears; returns as soon as all that are cabled have heard something.

    Needs CAP_NET_RAW. A card that cannot be listened on is left out, with a line in the log.
    """
    sockets = {}
    for name in names:
        try:
            sockets[_open(name)] = name
        except OSError as error:
            LOG.warning("No LLDP from %s: %s", name, error)
    try:
        return _collect(sockets, has_carrier, timeout_s)
    finally:
        for sock in sockets:
            sock.close()


def _collect(
    sockets: dict[socket.socket, str], has_carrier: Callable[[str], bool], timeout_s: float
) -> dict[str, Tlvs]:
    heard: dict[str, Tlvs] = {}
    started = time.monotonic()
    while True:
        waited_s = time.monotonic() - started
        silent = {sock: name for sock, name in sockets.items() if name not in heard}
        if waited_s >= LINK_SETTLE_S:
            silent = {sock: name for sock, name in silent.items() if has_carrier(name)}
        if not silent or waited_s >= timeout_s:
            return heard
        ready, _, _ = select.select(list(silent), [], [], min(LOOK_AGAIN_S, timeout_s - waited_s))
        for sock in ready:
            tlvs = parse_frame(sock.recv(MAX_FRAME))
            if tlvs:
                heard[silent[sock]] = tlvs


def _open(name: str) -> socket.socket:
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
    try:
        sock.bind((name, ETHERTYPE))
        for address in DESTINATIONS:
            request = struct.pack(
                "iHH8s", socket.if_nametoindex(name), PACKET_MR_MULTICAST, 6, bytes.fromhex(address)
            )
            sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request)
    except OSError:
        sock.close()
        raise
    return sock
