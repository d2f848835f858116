"""Bessemer beside real Ironic, the same work for both: `python -m bench.side_by_side` (`make bench`).

Where Ironic is installed (`bench/run_ironic.sh install`) it is measured in the same run; elsewhere
its stored figures stand beside ours. Writes `bench/results/<label>.json` and prints a table.
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench import api_load, lifecycle_load
from bench.aims import Side, cpu_table, table
from bench.bessemer_server import BessemerServer, has_postgresql
from bench.growth import fill
from bench.lifecycle_load import Life
from bench.processes import memory_mb

HERE: Final = Path(__file__).parent
RESULTS: Final = HERE / "results"
STORED: Final = RESULTS / "ironic-39"
_PAGES: Final = ("page_all", "page_all_fields", "page_all_detail")
_STEPS: Final = [step for step in api_load.STEPS if step not in _PAGES]


@dataclass(frozen=True, slots=True)
class Size:
    """How much work: arguments of the load scripts, and how many nodes to page through."""

    api: tuple[str, ...]
    life: tuple[str, ...]
    paged: int


SIZES: Final[Mapping[str, Size]] = {
    "full": Size(
        ("--nodes=1000", "--ops=600", "--list-ops=30", "--max-seconds=40"),
        ("--nodes=100",),
        10_000,
    ),
    "short": Size(
        (
            *("--nodes=200", "--ops=150", "--list-ops=10", "--max-seconds=8"),
            *("--allocations=10", "--deletes=40", "--heartbeat-nodes=40"),
        ),
        ("--nodes=20", "--max-seconds=60"),
        2_000,
    ),
}


def ours(size: Size, *, postgresql: bool) -> Side:
    """Measure Bessemer."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as folder:
        server = BessemerServer(Path(folder) / "bessemer", postgresql)
        server.prepare()
        try:
            server.start()
            server.stop()
            start_s = server.start()  # as at every start but the first: the schema is there
            ramdisk = (f"--ramdisk-url={server.ramdisk_url}", "--await-agents")
            work = Work(size, (f"--url={server.url}", _pids(server.pids)), ramdisk)
            idle, life, api, after = work.measure(server.pids)
            asyncio.run(fill(server, size.paged))
            label = f"Bessemer, {'PostgreSQL' if postgresql else 'SQLite'}"
            return Side(label, api, work.pages(), life, idle, after, start_s)
        finally:
            server.remove()


@dataclass(frozen=True, slots=True)
class Ironic:
    """Real Ironic, by `run_ironic.sh`: its API and its conductor, on MariaDB."""

    environment: Mapping[str, str]

    @property
    def installed(self) -> bool:
        """Whether there is one."""
        return (Path(self.environment["VENV"]) / "bin" / "ironic-api").exists()

    def measure(self, size: Size) -> Side:
        """The same work."""
        self._run("down")
        try:
            self._run("up")
            started = json.loads((self._folder / "up.json").read_text())
            url = f"http://127.0.0.1:{self.environment.get('PORT', '6385')}"
            work = Work(size, (f"--url={url}", _pids(self._pids())))
            idle, life, api, after = work.measure(self._pids())
            self._run("multiply", str(size.paged))
            pages = work.pages()
            return Side("Ironic 39, MariaDB", api, pages, life, idle, after, started["first_200_s"])
        finally:
            self._run("down")

    @property
    def _folder(self) -> Path:
        return Path(self.environment["RUN_DIR"])

    def _pids(self) -> list[int]:
        pairs = [line.split() for line in (self._folder / "pids").read_text().splitlines()]
        return [int(pid) for name, pid in pairs if name != "db"]

    def _run(self, *command: str) -> None:
        script = str(HERE / "run_ironic.sh")
        subprocess.run([script, *command], env=self.environment, check=True, stdout=sys.stderr)


@dataclass(frozen=True, slots=True)
class Work:
    """What both sides are given to do."""

    size: Size
    where: Sequence[str]
    ramdisk: Sequence[str] = ()

    def measure(self, pids: Sequence[int]) -> tuple[float, Any, Any, float]:
        """Memory when idle, the life cycles, the API's steps, memory afterwards."""
        idle = memory_mb(pids)["rss_mb"]
        life = asyncio.run(Life(lifecycle_load.arguments([*self.where, *self.size.life])).run())
        print("life cycles:", life["nodes_per_minute"], "nodes per minute", file=sys.stderr)
        api = self._api(*self.size.api, *self.ramdisk, f"--steps={','.join(_STEPS)}")
        return idle, life, api, memory_mb(pids)["rss_mb"]

    def pages(self) -> Mapping[str, Any]:
        """Through all nodes, page by page."""
        return self._api("--nodes=1", f"--steps={','.join(_PAGES)}")

    def _api(self, *more: str) -> Mapping[str, Any]:
        asked = api_load.arguments([*self.where, *more])
        steps: Mapping[str, Any] = asyncio.run(api_load.measure(asked))["steps"]
        return steps


def stored() -> Side:
    """What Ironic did on this kind of machine (two cores), when nothing else ran there."""

    def read(name: str) -> Any:
        return json.loads((STORED / f"{name}.json").read_text())

    return Side(
        "Ironic 39, stored",
        read("api-split-mariadb")["steps"],
        read("api-split-mariadb-10k-1")["steps"],
        read("life-split-mariadb"),
        read("rss-split-mariadb-idle")["ironic_rss_mb"],
        read("rss-split-mariadb-after-api")["ironic_rss_mb"],
        read("up-split-mariadb")["first_200_s"],
    )


def _pids(pids: Sequence[int]) -> str:
    return f"--pids={','.join(map(str, pids))}"


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="full", help="short: about 3 minutes")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), help="ours")
    parser.add_argument("--without-ironic", action="store_true", help="its stored figures will do")
    parser.add_argument("--label", default="latest", help="name of the file of results")
    parser.add_argument("--markdown", type=Path, help="a page of documentation to be written, too")
    asked = parser.parse_args()
    scratch = HERE.parent / ".bench"
    places = {"VENV": str(scratch / "venv"), "RUN_DIR": str(scratch / "run")}
    ironic = Ironic({**places, **os.environ})
    size = SIZES[asked.size]
    present = ironic.installed and not asked.without_ironic
    if not present:
        print("Ironic's figures are stored ones, not of this run.")
    theirs = ironic.measure(size) if present else stored()
    wanted = asked.database or ("postgresql" if has_postgresql() else "sqlite")
    mine = ours(size, postgresql=wanted == "postgresql")
    record = {"load_average": os.getloadavg(), "ours": asdict(mine), "theirs": asdict(theirs)}
    (RESULTS / f"{asked.label}.json").write_text(json.dumps(record, indent=1) + "\n")
    tables = f"{table(mine, theirs)}\n\n{cpu_table(mine, theirs)}"
    print(tables)
    if asked.markdown is not None:
        asked.markdown.write_text(_page(tables, asked.size))


def _page(tables: str, size: str) -> str:
    """What came out, where and when, for `docs/reference/`."""
    measured = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} by `python -m bench.side_by_side --size {size}`: "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, load average at the end "
        f"{os.getloadavg()[1]:.1f} (5 minutes; the load scripts themselves are part of it)."
    )
    note = "[Speed](speed.md) tells what the rows are and how to measure anew."
    return f"# Speed: figures\n\n{measured}\n{note}\n\n{tables}\n"


if __name__ == "__main__":
    main()
