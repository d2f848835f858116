"""Whether a request costs the same with 100 nodes and with 100 000: `python -m bench.growth`."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench import api_load
from bench.api_load import Bench
from bench.bessemer_server import BessemerServer, has_postgresql
from sqlalchemy import func, select

from bessemer.baremetal.store.nodes import NodeStore
from bessemer.baremetal.store.sealing import SecretBox
from bessemer.baremetal.store.tables import nodes
from bessemer.db.engine import open_database

SIZES: Final = (100, 1_000, 10_000, 100_000)
MEASURED: Final = ("get_node", "patch_node", "heartbeat_c8", "list_1000")
_BATCH: Final = 1_000


async def fill(server: BessemerServer, wanted: int) -> list[str]:
    """Copy the newest node in the database until there are so many; uuids of the copies."""
    database = open_database(server.database_url)
    store = NodeStore(SecretBox.from_file(server.directory / "state" / "secret.key"))
    made: list[str] = []
    try:
        async with database.read() as connection:
            present = (
                await connection.execute(select(func.count()).select_from(nodes))
            ).scalar_one()
            (pattern,) = await store.list(connection, limit=1, descending=True)
        while present + len(made) < wanted:
            names = [str(uuid.uuid4()) for _ in range(min(_BATCH, wanted - present - len(made)))]
            copies = [replace(pattern, uuid=name, name=f"copy-{name}") for name in names]
            async with database.write() as connection:
                await store.add_all(connection, copies)
            made += names
    finally:
        await database.close()
    return made


async def measure(server: BessemerServer) -> Mapping[int, Mapping[str, Any]]:
    """The steps' figures by the number of nodes."""
    asked = api_load.arguments(
        [
            f"--url={server.url}",
            f"--ramdisk-url={server.ramdisk_url}",
            "--await-agents",
            f"--pids={server.pids[0]}",
            "--nodes=100",
            "--ops=300",
            "--allocations=0",
            "--heartbeat-nodes=50",
            "--heartbeat-concurrency=8",
        ]
    )
    bench = Bench(asked)
    await bench.create_node()
    await bench.create_port()
    await bench.lookup()
    found = {}
    for size in SIZES:
        copies = await fill(server, size)
        bench.uuids = copies[:: max(1, len(copies) // 300)] or bench.uuids[50:]
        print(f"{size} nodes", file=sys.stderr)
        for step in ("get_node", "patch_node", "heartbeat", "list_1000"):
            await bench.step(step)
        found[size] = {step: bench.results[step] for step in MEASURED}
    bench.client.close()
    bench.ramdisk.close()
    return found


def table(found: Mapping[int, Mapping[str, Any]]) -> str:
    """CPU milliseconds of the server per request (of a page: per 100 nodes shown), in Markdown."""
    head = ["| nodes | " + " | ".join(MEASURED) + " |", "|--:" * (len(MEASURED) + 1) + "|"]
    rows = [
        f"| {size:,} | " + " | ".join(_cost(step, figures[step]) for step in MEASURED) + " |"
        for size, figures in found.items()
    ]
    return "\n".join([*head, *rows])


def _cost(step: str, figures: Mapping[str, Any]) -> str:
    cost = figures["server_cpu_s"] * 1000 / max(1, figures["count"])
    if step == "list_1000":
        cost *= 100 / max(figures["nodes_per_answer"])
    return f"{cost:.2f} ms (p50 {figures['p50_ms']} ms)"


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results/growth.json")
    parser.add_argument("--database", choices=("postgresql", "sqlite"))
    asked = parser.parse_args()
    wanted = asked.database or ("postgresql" if has_postgresql() else "sqlite")
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as folder:
        server = BessemerServer(Path(folder) / "bessemer", wanted == "postgresql")
        server.prepare()
        try:
            server.start()
            found = asyncio.run(measure(server))
        finally:
            server.remove()
    record = {"database": wanted, "load_average": os.getloadavg(), "by_nodes": found}
    asked.out.write_text(json.dumps(record, indent=1) + "\n")
    print(table(found))


if __name__ == "__main__":
    main()
