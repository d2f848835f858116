"""A few BMCs of a fleet, in the test's own event loop, and the real ipmitool to ask them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bessemer_ipmi.controller import Account
from bessemer_lab.fleet.bmc import FleetBmc
from bessemer_lab.fleet.lan import Conditions, Lan, Receiver
from bessemer_lab.fleet.loopback import address_of
from bessemer_lab.fleet.machine import FleetMachine

ACCOUNTS = {
    b"admin": Account(b"secret"),
    b"operator": Account(b"other", limit=3),
    b"user": Account(b"little", limit=2),
}


@dataclass(frozen=True)
class Bmcs:
    """The machines by number, and where their BMCs listen."""

    machines: list[FleetMachine]
    bmcs: list[FleetBmc]
    receivers: dict[bytes, Receiver]
    lan: Lan

    def address(self, number: int = 0) -> str:
        return str(address_of(number))

    def receive_by(self, receiver: Receiver) -> None:
        """Put something between the network and the first BMC."""
        self.receivers[address_of(0).packed] = receiver

    def restart_bmc(self) -> None:
        """The first BMC forgets its sessions."""
        self.receive_by(FleetBmc(self.machines[0], bytes(16), ACCOUNTS).receive)


@dataclass(frozen=True)
class Said:
    status: int
    output: str
    complaints: str


@dataclass
class Watched:
    """A receiver that counts."""

    bmc: FleetBmc
    datagrams: list[bytes] = field(default_factory=list)

    def receive(self, datagram: bytes, now_s: float) -> bytes | None:
        self.datagrams.append(datagram)
        return self.bmc.receive(datagram, now_s)


@asynccontextmanager
async def bmcs(
    count: int = 1, conditions: Conditions | None = None, kg_key: bytes = b"", **machine: Any
) -> AsyncIterator[Bmcs]:
    """That many, on a free port."""
    machines = [FleetMachine(time.monotonic, **machine) for _ in range(count)]
    made = [
        FleetBmc(each, number.to_bytes(16, "big"), ACCOUNTS, kg_key)
        for number, each in enumerate(machines)
    ]
    receivers: dict[bytes, Receiver] = {
        address_of(number).packed: each.receive for number, each in enumerate(made)
    }
    lan = Lan(receivers, 0, conditions or Conditions())
    lan.open()
    try:
        yield Bmcs(machines, made, receivers, lan)
    finally:
        lan.close()


async def ipmitool(
    found: Bmcs, *command: str, number: int = 0, user: str = "admin", password: str = "secret"
) -> Said:
    """The program's own word."""
    process = await asyncio.create_subprocess_exec(
        *("ipmitool", "-v", "-I", "lanplus", "-H", found.address(number)),
        *("-p", str(found.lan.port), "-U", user, "-P", password, *command),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaints = await process.communicate()
    return Said(process.returncode or 0, output.decode(), complaints.decode())
