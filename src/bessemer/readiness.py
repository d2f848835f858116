"""Tells whoever started us that we are ready: sd_notify(3), as systemd units of Type=notify expect."""

import os
import socket


def announce_ready() -> None:
    """Send `READY=1` to the datagram socket in `NOTIFY_SOCKET`; nothing when there is none."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
        notify.connect(address)
        notify.send(b"READY=1")
