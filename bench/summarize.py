"""Prints folders of results as Markdown tables: `python -m bench.summarize [FOLDER …]`."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

STORED = Path(__file__).parent / "results" / "ironic-39"


def load(folder: Path, kind: str) -> dict[str, Any]:
    """The results `<kind>-<name>.json` by their names."""
    found = sorted(folder.glob(f"{kind}-*.json"))
    return {each.stem.removeprefix(f"{kind}-"): json.loads(each.read_text()) for each in found}


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print one."""
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join("" if cell is None else str(cell) for cell in row) + " |")
    print()


def show(folder: Path) -> None:
    """Print everything that one folder holds."""
    print(f"## {folder.resolve().name}\n")
    table(
        ["start", "first 200 s", "driver known s", "schema s"],
        [
            (name, up["first_200_s"], up["driver_known_s"], up["schema_s"])
            for name, up in load(folder, "up").items()
        ],
    )
    table(
        ["memory", "RSS MB", "PSS MB", "database PSS MB"],
        [
            (name, rss["ironic_rss_mb"], rss["ironic_pss_mb"], rss["db_pss_mb"])
            for name, rss in load(folder, "rss").items()
        ],
    )
    runs = load(folder, "api")
    _show_steps({name: run for name, run in runs.items() if "-10k-" not in name})
    pages = ("page_all", "page_all_fields", "page_all_detail")
    table(
        ["paging everything, wall s (nodes/s)", *pages],
        [
            (name, *(f"{s['wall_s']} ({s['nodes_per_s']})" for s in map(run["steps"].get, pages)))
            for name, run in runs.items()
            if "-10k-" in name
        ],
    )
    table(
        [
            "life cycle",
            "done",
            "nodes/min",
            "manage p50 s",
            "provide",
            "active",
            "deleted",
            "409/503",
        ],
        [_life(name, life) for name, life in load(folder, "life").items()],
    )
    for rounds in load(folder, "power").values():
        table(
            ["power sync", "BMC answers in s", "workers", "round s"],
            [(r["nodes"], r["bmc_delay_s"], r["workers"], r["rounds_s"]) for r in rounds],
        )


def _show_steps(runs: dict[str, Any]) -> None:
    steps = dict.fromkeys(step for run in runs.values() for step in run["steps"])
    table(
        ["ops/s, p50 / p99 ms", *runs],
        [(step, *(_cell(run["steps"].get(step)) for run in runs.values())) for step in steps],
    )


def _cell(figures: dict[str, Any] | None) -> str:
    if figures is None:
        return ""
    if "ops_per_s" not in figures:
        return "skipped" if figures.get("skipped") else "failed"
    errors = f", {figures['errors']} err" if figures["errors"] else ""
    return f"{figures['ops_per_s']} /s, {figures['p50_ms']} / {figures['p99_ms']}{errors}"


def _life(name: str, life: dict[str, Any]) -> list[Any]:
    verbs = ("manage", "provide", "active", "deleted")
    refused = sum(n for code, n in life["codes"].items() if code.endswith(("409", "503")))
    return [
        name,
        f"{life['completed']}/{life['nodes']}",
        life["nodes_per_minute"],
        *(life["transitions"].get(verb, {}).get("p50_s") for verb in verbs),
        refused,
    ]


if __name__ == "__main__":
    for _folder in [Path(each) for each in sys.argv[1:]] or [STORED]:
        show(_folder)
