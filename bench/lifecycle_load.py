"""Drives fake nodes through a whole life: `python -m bench.lifecycle_load` (standard library only).

create -> manage -> provide -> active -> deleted -> available (-> destroy). Every node goes on as
soon as it can; one poller lists the states. 409 (node locked) and 503 (no free worker) are tried
again and counted. A transition is timed from the sending of its request until the poller sees the
new state, so the resolution is the effective poll interval, which is reported.
"""

import argparse
import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.bmhttp import Client, percentile, summary
from bench.processes import cpu_s

PLAN: Final = (
    ("manage", "manageable"),
    ("provide", "available"),
    ("active", "active"),
    ("deleted", "available"),
)
_PAUSE_S: Final = 0.5
"""Before a refused request is sent again."""


class Life:
    """All nodes of one run."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.client = Client(asked.url, asked.microversion, max_connections=asked.connections)
        self.resource_class = f"life-{int(time.time()) & 0xFFFFFFFF:x}"
        self.states: dict[str, str] = {}
        self.polls: list[float] = []
        self.poll_costs: list[float] = []
        self.latencies: dict[str, list[float]] = {verb: [] for verb, _ in PLAN}
        self.puts: list[float] = []
        self.codes: Counter[str] = Counter()
        self.failed: list[tuple[Any, ...]] = []
        self.finished: list[float] = []
        self._polled = asyncio.Condition()
        self._end = 0.0

    async def run(self) -> dict[str, Any]:
        """Create them, let them live, destroy them; the figures."""
        uuids = [await self._create(i) for i in range(self.asked.nodes)]
        turns = asyncio.Semaphore(self.asked.in_flight or self.asked.nodes)
        used, began = cpu_s(self.asked.pids), time.perf_counter()
        self._end = began + self.asked.max_seconds
        poller = asyncio.create_task(self._poll())
        await asyncio.gather(*(self._live(uuid, turns) for uuid in uuids))
        server_cpu_s = cpu_s(self.asked.pids) - used
        poller.cancel()
        await asyncio.gather(poller, return_exceptions=True)
        destroyed = 0 if self.asked.keep else await self._destroy(uuids)
        self.client.close()
        wall = (max(self.finished) if self.finished else time.perf_counter()) - began
        return {**self._figures(wall), "destroyed": destroyed, "server_cpu_s": server_cpu_s}

    async def _create(self, number: int) -> str:
        body = {
            "driver": self.asked.driver,
            "name": f"{self.resource_class}-{number}",
            "resource_class": self.resource_class,
            "properties": {"cpu_arch": "x86_64", "cpus": 2, "memory_mb": 4096, "local_gb": 40},
        }
        answer = await self.client.request("POST", "/v1/nodes", body)
        if answer.status != 201:
            raise SystemExit(f"create: {answer.status} {answer.payload[:300]!r}")
        return str(answer.body["uuid"])

    async def _destroy(self, uuids: Sequence[str]) -> int:
        answers = [await self.client.request("DELETE", f"/v1/nodes/{uuid}") for uuid in uuids]
        return sum(answer.status == 204 for answer in answers)

    async def _poll(self) -> None:
        query = f"limit=1000&resource_class={self.resource_class}&fields=uuid,provision_state"
        while True:
            began = time.perf_counter()
            path: str | None = f"/v1/nodes?{query}"
            while path:  # not behind the gate of the other requests
                body = (await self.client.request_now("GET", path)).body
                self.states |= {node["uuid"]: node["provision_state"] for node in body["nodes"]}
                path = body.get("next")
            cost = time.perf_counter() - began
            self.poll_costs.append(cost)
            self.polls.append(began)
            async with self._polled:
                self._polled.notify_all()
            await asyncio.sleep(max(self.asked.poll, cost))  # at most half the time is for polls

    async def _live(self, uuid: str, turns: asyncio.Semaphore) -> None:
        async with turns:
            for verb, wanted in PLAN:
                began = time.perf_counter()
                if not (await self._order(uuid, verb) and await self._reach(uuid, verb, wanted)):
                    return
                self.latencies[verb].append(time.perf_counter() - began)
                if verb == self.asked.until:
                    break
            self.finished.append(time.perf_counter())

    async def _order(self, uuid: str, verb: str) -> bool:
        path = f"/v1/nodes/{uuid}/states/provision"
        while time.perf_counter() < self._end:
            answer = await self.client.request("PUT", path, {"target": verb})
            self.codes[f"{verb} {answer.status}"] += 1
            if answer.status == 202:
                self.puts.append(answer.seconds)
                return True
            if answer.status not in (409, 503):
                self.failed.append((uuid, verb, answer.status, answer.payload[:200].decode()))
                return False
            await asyncio.sleep(_PAUSE_S)
        self.failed.append((uuid, verb, "time limit"))
        return False

    async def _reach(self, uuid: str, verb: str, wanted: str) -> bool:
        accepted = time.perf_counter()
        while time.perf_counter() < self._end:
            async with self._polled:
                await self._polled.wait()
            if self.polls[-1] < accepted:  # that poll may not have seen it yet
                continue
            state = self.states.get(uuid, "")
            if state == wanted:
                return True
            if state.endswith("failed") or state == "error":
                break
        self.failed.append((uuid, verb, self.states.get(uuid)))
        return False

    def _figures(self, wall_s: float) -> dict[str, Any]:
        gaps = sorted(b - a for a, b in zip(self.polls, self.polls[1:], strict=False))
        return {
            "label": self.asked.label,
            "nodes": self.asked.nodes,
            "in_flight": self.asked.in_flight or self.asked.nodes,
            "until": self.asked.until,
            "connections": self.asked.connections,
            "completed": len(self.finished),
            "wall_s": round(wall_s, 2),
            "load_average": os.getloadavg()[0],
            "nodes_per_minute": round(len(self.finished) / wall_s * 60, 1),
            "transitions": {verb: _percentiles(times) for verb, times in self.latencies.items()},
            "provision_put": summary(self.puts, wall_s),
            "codes": dict(self.codes),
            "failed": len(self.failed),
            "failed_samples": self.failed[:5],
            "poll_interval_p50_s": percentile(gaps, 50),
            "poll_cost_p50_s": percentile(sorted(self.poll_costs), 50),
            "polls": len(self.polls),
        }


def _percentiles(times: Sequence[float]) -> dict[str, float | None]:
    ordered = sorted(times)
    return {
        "count": len(ordered),
        "p50_s": percentile(ordered, 50),
        "p95_s": percentile(ordered, 95),
        "max_s": ordered[-1] if ordered else None,
    }


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:6385")
    parser.add_argument("--microversion", default="1.95")
    parser.add_argument("-m", "--nodes", type=int, default=100)
    parser.add_argument("-c", "--in-flight", type=int, default=0, help="at once (0: all)")
    parser.add_argument("--connections", type=int, default=8, help="requests at once (0: no limit)")
    parser.add_argument("--poll", type=float, default=0.1, help="least seconds between two polls")
    parser.add_argument("--max-seconds", type=float, default=300)
    parser.add_argument("--driver", default="fake-hardware")
    parser.add_argument("--keep", action="store_true", help="do not destroy the nodes at the end")
    parser.add_argument("--until", default="deleted", choices=[verb for verb, _ in PLAN])
    parser.add_argument("--pids", type=_numbers, default=[], help="processes whose CPU to count")
    parser.add_argument("--label", default="")
    parser.add_argument("--out", type=Path)
    return parser.parse_args(given)


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",") if each]


if __name__ == "__main__":
    _asked = arguments()
    _text = json.dumps(asyncio.run(Life(_asked).run()), indent=1)
    if _asked.out:
        _asked.out.write_text(_text + "\n")
    print(_text)
