"""The machine's end of a cable, without a machine: hex lines in become frames, frames hex lines.

Run in the rack's namespace: `python endpoint.py PORT`. It prints `up` once it is attached.
"""

import fcntl
import os
import select
import struct
import sys

# linux/if_tun.h
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000


def main(port: str) -> None:
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", port.encode(), IFF_TAP | IFF_NO_PI))
    print("up", flush=True)
    while True:
        ready, _, _ = select.select([tap, sys.stdin], [], [])
        if tap in ready:
            print(os.read(tap, 65536).hex(), flush=True)
        if sys.stdin in ready:
            line = sys.stdin.readline()
            if not line:
                return
            os.write(tap, bytes.fromhex(line))


main(sys.argv[1])
