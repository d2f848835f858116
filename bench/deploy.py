"""Seconds from request to `active` on the virtual rack, beside upstream's: `python -m bench.deploy`.

Needs root, and `make ramdisk image` before. Prints the median of each part over `--rounds`, and
writes all of it as JSON with `--out`.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bessemer_lab.demo import story
from bessemer_lab.demo.api import COMPUTE, Api
from bessemer_lab.demo.cloud import CloudProcess
from bessemer_lab.demo.cloud_settings import Boot, settings_for
from bessemer_lab.demo.screen import Screen
from bessemer_lab.demo.tenant import make_key
from bessemer_lab.lab import Lab

ROOT: Final = Path(__file__).parents[1]
BUILT: Final = ROOT / "var"
PARTS: Final[Mapping[str, tuple[int, ...]]] = {
    "before power-on": tuple(range(1, 11)),
    "power-on to first heartbeat": (11, 12),
    "image written": (13,),
    "off and on again, active": (14, 15, 16),
}
UPSTREAM: Final[Mapping[str, Mapping[str, float]]] = {
    "upstream, defaults, 2 GiB raw": {
        "before power-on": 25,
        "power-on to first heartbeat": 54,
        "image written": 72,
        "off and on again, active": 54,
        "together": 206,
    },
    "upstream, tuned, qcow2": {"together": 120},
}
"""Ironic's conductor and agent on a comparable virtual machine, measured earlier, not in this run."""


async def measure(rounds: int) -> list[dict[str, float]]:
    """Deploy and delete a server `rounds` times; seconds per part."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        directory = Path(folder)
        rack = directory / "rack.yaml"
        rack.write_text(
            (ROOT / "lab" / "rack.yaml").read_text().replace("name: demo", "name: bench")
        )
        lab = await asyncio.to_thread(Lab.up, rack, directory / "lab")
        boot = Boot(BUILT / "ramdisk" / "kernel", BUILT / "ramdisk" / "initramfs")
        cloud = CloudProcess(
            lab, directory, settings_for(lab, directory / "state", boot, 16395), 16395
        )
        try:
            await cloud.start()
            async with Api(cloud.url) as api:
                stage = story.Stage(lab, cloud, api, Screen(), BUILT / "image" / "debian.qcow2")
                nodes = await story.make_ready(stage)
                key = await make_key(directory / "key")
                return [await one_round(stage, nodes, key, number) for number in range(rounds)]
        finally:
            await cloud.stop()
            await asyncio.to_thread(lab.down)


async def one_round(
    stage: story.Stage, nodes: list[str], key: str, number: int
) -> dict[str, float]:
    """One server's way to `active`, in seconds per part."""
    server_id = await story.request_server(stage, key, f"bench-{number}")
    await story.watch_server(stage, server_id)
    rows = (await stage.api.get(f"{COMPUTE}/servers/{server_id}/timeline"))["timeline"]
    await story.end(stage, nodes)
    return seconds_of(rows)


def seconds_of(rows: list[Mapping[str, Any]]) -> dict[str, float]:
    """Each part from the end of the one before it to its own end, so that nothing is left out."""
    at = _moment(rows[0]["started_at"])
    begun, seconds = at, {}
    for part, numbers in PARTS.items():
        end = max(_moment(row["finished_at"]) for row in rows if row["number"] in numbers)
        seconds[part], at = (end - at).total_seconds(), end
    return {**seconds, "together": (at - begun).total_seconds()}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    runs = asyncio.run(measure(options.rounds))
    ours = {part: statistics.median(run[part] for run in runs) for part in runs[0]}
    columns = {f"ours, median of {len(runs)}": ours, **UPSTREAM}
    print(f"{'seconds':30}" + "".join(f"{name:>32}" for name in columns))
    for part in ours:
        cells = (column.get(part) for column in columns.values())
        print(
            f"{part:30}" + "".join(f"{'' if cell is None else f'{cell:.1f}':>32}" for cell in cells)
        )
    if options.out is not None:
        options.out.write_text(json.dumps({"runs": runs, "upstream": UPSTREAM}, indent=1))


if __name__ == "__main__":
    main()
