"""Seconds that one power sync of very many BMCs takes, in one process: `python -m bench.power_sync`.

    python -m bench.power_sync --nodes 1000 --latency 1      # each datagram is answered after 1 s
    python -m bench.power_sync --nodes 10000 --latency 0.1 --loss 0.01 --out power-sync.json
    python -m bench.power_sync --nodes 1000 --client ipmitool

The BMCs are a fleet's, in a process of their own on loopback: every node is logged in to and asked
by IPMI 2.0 with cipher suite 17. The first round writes what nobody knew, the second only looks.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from bessemer.baremetal.conductor.task import Shelves
from bessemer.baremetal.domain.node import InterfaceKind, Node, Power
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.catalogue import registry
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.baremetal.hardware_settings import IpmiClient
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.flows import Flows
from bessemer.baremetal.operations.sync_power import PowerSync
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.baremetal.store import conductors, leases
from bessemer.baremetal.store.fake_machines import FakeMachines
from bessemer.baremetal.store.nodes import NodeStore
from bessemer.baremetal.store.sealing import SecretBox
from bessemer.bus.memory import MemoryBus
from bessemer.db.engine import Database, open_database
from bessemer.db.upgrade import upgrade
from bessemer_ipmi.controller import Account
from bessemer_lab.fleet.bmc import FleetBmc
from bessemer_lab.fleet.lan import Conditions, Lan
from bessemer_lab.fleet.loopback import address_of
from bessemer_lab.fleet.machine import FleetMachine

HOST: Final = "bench"
UPSTREAM_S: Final = {"answers at once": 3.8, "answers in 1 s": 126.55}
"""Ironic 39.0.0, 1 000 nodes, fake BMCs inside its own process, 8 workers (its default and its most
without another setting); measured earlier on a machine of the same kind, not in this run."""
NO_ROOM: Any = None


@contextmanager
def bmcs(count: int, conditions: Conditions) -> Iterator[int]:
    """That many in another process; their UDP port."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, count, conditions), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


def serve(told: Connection, count: int, conditions: Conditions) -> None:
    """Serve BMCs until killed."""

    async def run() -> None:
        accounts = {b"admin": Account(b"secret")}
        receivers = {}
        for number in range(count):
            bmc = FleetBmc(FleetMachine(time.monotonic), number.to_bytes(16, "big"), accounts)
            receivers[address_of(number).packed] = bmc.receive
        lan = Lan(receivers, 0, conditions)
        lan.open()
        told.send(lan.port)
        await asyncio.Event().wait()

    asyncio.run(run())


async def enrol(database: Database, store: NodeStore, count: int, port: int) -> None:
    """Nodes at rest, whose power nobody knows."""
    async with database.write() as connection:
        await conductors.register(connection, HOST, "", ["ipmi"], "1")
        for number in range(count):
            info = {
                "ipmi_address": str(address_of(number)),
                "ipmi_port": port,
                "ipmi_username": "admin",
                "ipmi_password": Secret("secret"),
            }
            names = {kind: "no-" + kind.value for kind in InterfaceKind} | INTERFACES
            node = Node(
                uuid=str(uuid.uuid4()),
                driver="ipmi",
                name=f"node-{number}",
                provision_state=State.AVAILABLE,
                driver_info=info,
                interfaces=names,
            )
            await store.add(connection, node)
            await leases.prepare(connection, node.uuid)


INTERFACES: Final = {
    InterfaceKind.BOOT: "ipxe",
    InterfaceKind.DEPLOY: "direct",
    InterfaceKind.MANAGEMENT: "ipmitool",
    InterfaceKind.NETWORK: "noop",
    InterfaceKind.POWER: "ipmitool",
    InterfaceKind.STORAGE: "noop",
}


async def measure(count: int, conditions: Conditions, client: IpmiClient) -> dict[str, Any]:
    """Two rounds of all nodes."""
    settings = BareMetalSettings(ipmi_client=client)
    with bmcs(count, conditions) as port, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        database = open_database(f"sqlite+aiosqlite:///{folder}/bench.db")
        await upgrade(database)
        store = NodeStore(SecretBox.from_file(Path(folder) / "secret.key"))
        await enrol(database, store, count, port)
        ipmi, agents = IpmiClients(settings), AgentClient()
        machines = FakeMachines(database)
        hardware = registry(settings, NO_ROOM, NO_ROOM, agents, ipmi, machines, Path("unused"))
        shelves = Shelves(database, store)
        sync = PowerSync(Desk(shelves, hardware, Flows(settings), MemoryBus(), HOST, settings))
        try:
            rounds = [await one_round(sync) for _ in range(2)]
            async with database.read() as connection:
                known = [node.power_state for node in await store.list(connection)]
        finally:
            ipmi.close()
            await agents.close()
            await database.close()
    return {
        "nodes": count,
        "client": str(client),
        "datagram_latency_s": conditions.latency_s,
        "loss": conditions.loss,
        "rounds": rounds,
        "unknown_afterwards": sum(power is not Power.OFF for power in known),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


async def one_round(sync: PowerSync) -> dict[str, float]:
    """Wall-clock and processor time of this process, in seconds."""
    started, used = time.perf_counter(), time.process_time()
    await sync.round()
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "processor_s": round(time.process_time() - used, 2),
    }


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--loss", type=float, default=0.0, help="share of datagrams lost")
    parser.add_argument("--client", type=IpmiClient, default=IpmiClient.NATIVE)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    conditions = Conditions(latency_s=asked.latency, loss=asked.loss)
    found = asyncio.run(measure(asked.nodes, conditions, asked.client))
    found["upstream_seconds_of_1000_nodes"] = UPSTREAM_S
    text = json.dumps(found, indent=2)
    print(text)
    if asked.out is not None:
        asked.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
