"""Measures any Ironic-compatible bare metal API: `python -m bench.api_load` (standard library only).

Each step is bounded by a count and by `--max-seconds`, and reports operations per second, latencies,
errors and the answer codes. `client_cpu_s` is the CPU time of this script in the step (near
`wall_s`: this script was the limit, not the server), `server_cpu_s` that of the processes in
`--pids` and of all below them.
"""

import argparse
import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from bench.bmhttp import Client, summary
from bench.processes import cpu_s

STEPS: Final = (
    *("create_node", "create_port", "get_node", "get_node_fields"),
    *("list_100", "list_100_fields", "list_100_detail"),
    *("list_1000", "list_1000_fields", "list_1000_detail"),
    *("page_all", "page_all_fields", "page_all_detail"),
    *("patch_node", "set_traits", "lookup", "heartbeat", "allocation", "delete_node"),
)
FIELDS: Final = "fields=uuid,name,provision_state,power_state,maintenance"
_TRANSITION_LIMIT_S: Final = 180

Job = tuple[str, str, Any]
"""Method, path, body."""


class Bench:
    """The steps, against one server."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.client = Client(asked.url, asked.microversion, asked.timeout)
        self.ramdisk = Client(asked.ramdisk_url or asked.url, asked.microversion, asked.timeout)
        self.uuids: list[str] = []
        self.tokens: dict[str, str] = {}
        self.results: dict[str, dict[str, Any]] = {}
        self.seed = asked.seed or f"{int(time.time()) & 0xFFFFFFFF:x}"

    async def run(
        self,
        name: str,
        jobs: Sequence[Job],
        *,
        at_once: int | None = None,
        client: Client | None = None,
    ) -> dict[int, Any]:
        """Do all the jobs, so many at once; the bodies of good answers by the job's number."""
        queue = iter(enumerate(jobs))
        latencies: list[float] = []
        codes: Counter[Any] = Counter()
        refused: list[str] = []
        good: dict[int, Any] = {}
        stop = time.perf_counter() + self.asked.max_seconds

        async def work() -> None:
            for number, job in queue:
                if time.perf_counter() > stop:
                    return
                try:
                    answer = await (client or self.client).request(*job)
                except (OSError, EOFError, TimeoutError) as error:
                    codes[type(error).__name__] += 1
                    continue
                codes[answer.status] += 1
                if answer.status in (200, 201, 202, 204):
                    latencies.append(answer.seconds)
                    good[number] = answer.body
                else:
                    refused.append(answer.payload[:300].decode(errors="replace"))

        workers = at_once or self.asked.concurrency
        used, began = self._cpu(), time.perf_counter()
        await asyncio.gather(*(work() for _ in range(workers)))
        wall = time.perf_counter() - began
        more = {"concurrency": workers, **self._used_since(used)}
        if refused:
            more["error_samples"] = refused[:3]
        if time.perf_counter() > stop:
            more["cut_short"] = True
        self.add(name, summary(latencies, wall, codes.total() - len(latencies), codes, **more))
        return good

    def add(self, name: str, figures: dict[str, Any]) -> None:
        """Keep a step's figures, and show them."""
        self.results[name] = figures
        if self.asked.quiet:
            return
        shown = ("ops_per_s", "p50_ms", "p99_ms", "server_cpu_s", "count", "errors")
        print(f"{name:18}", "  ".join(f"{key} {figures.get(key)}" for key in shown), flush=True)

    def picks(self, count: int) -> list[str]:
        """So many nodes, spread over all."""
        known = self.uuids
        return [known[(i * 7919) % len(known)] for i in range(count)] if known else []

    async def load_uuids(self) -> None:
        """Work with the nodes that are there already."""
        path = "/v1/nodes?limit=1000&fields=uuid"
        while path and len(self.uuids) < self.asked.nodes:
            body = (await self.client.request("GET", path)).body
            self.uuids += [node["uuid"] for node in body["nodes"]]
            path = body.get("next")

    async def create_node(self) -> None:
        """POST nodes."""
        made = await self.run(
            "create_node", [("POST", "/v1/nodes", self._node(i)) for i in range(self.asked.nodes)]
        )
        self.uuids += [made[number]["uuid"] for number in sorted(made)]
        if not self.uuids:
            raise SystemExit(f"no node could be created: {json.dumps(self.results)}")

    async def create_port(self) -> None:
        """POST a port for each node."""
        wanted = [{"node_uuid": u, "address": self._mac(i)} for i, u in enumerate(self.uuids)]
        await self.run("create_port", [("POST", "/v1/ports", body) for body in wanted])

    async def get_node(self) -> None:
        """GET single nodes."""
        jobs: list[Job] = [("GET", f"/v1/nodes/{u}", None) for u in self.picks(self.asked.ops)]
        await self.run("get_node", jobs)

    async def get_node_fields(self) -> None:
        """GET a few fields of single nodes."""
        picked = self.picks(self.asked.ops)
        await self.run(
            "get_node_fields", [("GET", f"/v1/nodes/{u}?{FIELDS}", None) for u in picked]
        )

    async def list_nodes(self, name: str) -> None:
        """GET the first page, of 100 or 1000, plain, with a few fields, or in detail."""
        _, limit, *form = name.split("_")
        count = self.asked.list_ops if limit == "100" else max(4, self.asked.list_ops // 5)
        got = await self.run(name, [("GET", _page(int(limit), form), None)] * count)
        sizes = [len(body["nodes"]) for body in got.values()]
        figures = self.results[name]
        figures["nodes_per_answer"] = sorted(set(sizes))
        figures["nodes_per_s"] = round(sum(sizes) / (figures["wall_s"] or 1), 1)

    async def page_all(self, name: str) -> None:
        """GET page after page until the end, one request at a time."""
        path, latencies, total, size = _page(1000, name.split("_")[2:]), [], 0, 0
        used, began = self._cpu(), time.perf_counter()
        while path and time.perf_counter() < began + self.asked.max_seconds:
            answer = await self.client.request("GET", path)
            body = answer.body
            if answer.status != 200:
                self.add(name, {"errors": 1, "codes": {str(answer.status): 1}})
                return
            latencies.append(answer.seconds)
            total, size, path = (
                total + len(body["nodes"]),
                size + len(answer.payload),
                body.get("next"),
            )
        wall = time.perf_counter() - began
        more: dict[str, Any] = {
            "nodes": total,
            "bytes": size,
            "nodes_per_s": round(total / wall, 1),
        }
        more |= self._used_since(used)
        self.add(name, summary(latencies, wall, concurrency=1, **more))

    async def patch_node(self) -> None:
        """PATCH one key of `extra`."""
        picked = self.picks(min(self.asked.ops, len(self.uuids)))
        await self.run(
            "patch_node",
            [
                ("PATCH", f"/v1/nodes/{u}", [{"op": "add", "path": "/extra/bench", "value": i}])
                for i, u in enumerate(picked)
            ],
        )

    async def set_traits(self) -> None:
        """PUT three traits."""
        picked = self.picks(min(self.asked.ops, len(self.uuids)))
        names = ("CUSTOM_BENCH_A", "CUSTOM_BENCH_B")
        await self.run(
            "set_traits",
            [
                ("PUT", f"/v1/nodes/{u}/traits", {"traits": [*names, f"CUSTOM_BENCH_{i % 10}"]})
                for i, u in enumerate(picked)
            ],
        )

    async def lookup(self) -> None:
        """GET the lookup of a ramdisk that knows its uuid and its NIC."""
        first = self.asked.allocations
        chosen = list(enumerate(self.uuids))[first : first + self.asked.heartbeat_nodes]
        if self.asked.await_agents:
            await self._await_agents([uuid for _, uuid in chosen])
        jobs: list[Job] = [
            ("GET", f"/v1/lookup?node_uuid={uuid}&addresses={self._mac(i)}", None)
            for i, uuid in chosen
        ]
        for number, body in (await self.run("lookup", jobs, client=self.ramdisk)).items():
            token = (body.get("config") or {}).get("agent_token")
            if token and set(token) != {"*"}:
                self.tokens[chosen[number][1]] = token
        self.results["lookup"]["tokens"] = len(self.tokens)

    async def heartbeat(self) -> None:
        """POST heartbeats of those that looked up."""
        if not self.tokens:
            self.add("heartbeat", {"skipped": "no agent tokens: the lookups were refused"})
            return
        known = list(self.tokens.items())
        beats = [_beat(*known[i % len(known)]) for i in range(self.asked.ops)]
        for at_once in self.asked.heartbeat_concurrency:
            await self.run(f"heartbeat_c{at_once}", beats, at_once=at_once, client=self.ramdisk)

    async def allocation(self) -> None:
        """POST allocations for nodes that are available, and wait until each is decided."""
        chosen = self.uuids[: self.asked.allocations]
        wanted = f"alloc-{self.seed}"
        await self._prepare_allocations(chosen, wanted)
        began = time.perf_counter()
        bodies = [{"resource_class": wanted, "name": f"a-{wanted}-{i}"} for i in range(len(chosen))]
        made = await self.run("allocation", [("POST", "/v1/allocations", body) for body in bodies])
        path = f"/v1/allocations?limit=1000&resource_class={wanted}&fields=uuid,state"
        await self._until(path, "allocations", lambda found: found["state"] != "allocating")
        settled = time.perf_counter() - began
        figures = self.results["allocation"]
        figures["settled_s"] = round(settled, 3)
        figures["settled_per_s"] = round(len(made) / settled, 1)
        for body in made.values():
            await self.client.request("DELETE", f"/v1/allocations/{body['uuid']}")

    async def delete_node(self) -> None:
        """DELETE nodes."""
        last = self.uuids[-min(self.asked.deletes, len(self.uuids)) :]
        await self.run("delete_node", [("DELETE", f"/v1/nodes/{uuid}", None) for uuid in last])

    async def step(self, name: str) -> None:
        """One step by its name."""
        if name.startswith("list_"):
            await self.list_nodes(name)
        elif name.startswith("page_"):
            await self.page_all(name)
        else:
            await getattr(self, name)()

    async def _await_agents(self, uuids: Sequence[str]) -> None:
        """Bring the nodes into an inspection that lasts, where the ramdisk's calls are taken."""
        script = {"op": "add", "path": "/driver_info/fake_step_delay_s", "value": 900}
        path = "/v1/nodes?limit=1000&fields=uuid,provision_state"
        for verb, reached in (("manage", "manageable"), ("inspect", "inspecting")):
            for uuid in uuids:
                target = {"target": verb}
                await self.client.request("PUT", f"/v1/nodes/{uuid}/states/provision", target)
            await self._until_in_state(path, uuids, reached)
            if verb == "manage":
                for uuid in uuids:
                    await self.client.request("PATCH", f"/v1/nodes/{uuid}", [script])

    async def _prepare_allocations(self, uuids: Sequence[str], resource_class: str) -> None:
        change = [{"op": "add", "path": "/resource_class", "value": resource_class}]
        for uuid in uuids:
            await self.client.request("PATCH", f"/v1/nodes/{uuid}", change)
        path = f"/v1/nodes?limit=1000&resource_class={resource_class}&fields=uuid,provision_state"
        for verb, reached in (("manage", "manageable"), ("provide", "available")):
            for uuid in uuids:
                target = {"target": verb}
                await self.client.request("PUT", f"/v1/nodes/{uuid}/states/provision", target)
            await self._until_in_state(path, uuids, reached)
        for uuid in uuids:  # the fake power driver starts with an unknown power state
            off = {"target": "power off"}
            await self.client.request("PUT", f"/v1/nodes/{uuid}/states/power", off)
        path = path.replace("provision_state", "power_state,target_power_state")
        await self._until(path, "nodes", lambda node: node["power_state"] == "power off")

    async def _until_in_state(self, path: str, uuids: Sequence[str], reached: str) -> None:
        chosen = set(uuids)
        await self._until(
            path,
            "nodes",
            lambda node: node["uuid"] not in chosen or node["provision_state"] == reached,
        )

    async def _until(self, path: str, key: str, done: Callable[[Any], bool]) -> None:
        end = time.monotonic() + _TRANSITION_LIMIT_S
        while time.monotonic() < end:
            found: Iterable[Any] = (await self.client.request("GET", path)).body[key]
            if all(done(each) for each in found):
                return
            await asyncio.sleep(0.1)
        raise SystemExit(f"not reached within {_TRANSITION_LIMIT_S} s: {path}")

    def _node(self, number: int) -> dict[str, Any]:
        return {
            "driver": self.asked.driver,
            "name": f"bench-{self.seed}-{number:05d}",
            "resource_class": f"bench-{self.seed}",
            "properties": {
                "cpus": 8,
                "memory_mb": 16384,
                "local_gb": 200,
                "cpu_arch": "x86_64",
                "capabilities": "boot_mode:uefi",
            },
            "driver_info": {"note": "bench"},
            "extra": {"rack": f"r{number % 40:02d}", "u": number % 42},
        }

    def _mac(self, number: int) -> str:
        octets = (int(self.seed[-4:], 16) << 16 | number).to_bytes(4, "big")
        return "52:54:" + ":".join(f"{octet:02x}" for octet in octets)

    def _cpu(self) -> tuple[float, float]:
        return time.process_time(), cpu_s(self.asked.pids)

    def _used_since(self, before: tuple[float, float]) -> dict[str, float]:
        client, server = (now - then for now, then in zip(self._cpu(), before, strict=True))
        told = {"client_cpu_s": round(client, 3)}
        return {**told, "server_cpu_s": round(server, 3)} if self.asked.pids else told


def _page(limit: int, form: Sequence[str]) -> str:
    below = "/detail" if "detail" in form else ""
    return f"/v1/nodes{below}?limit={limit}" + (f"&{FIELDS}" if "fields" in form else "")


def _beat(uuid: str, token: str) -> Job:
    body = {
        "callback_url": "https://127.0.0.1:9999",
        "agent_version": "11.0.0",
        "agent_token": token,
    }
    return "POST", f"/v1/heartbeat/{uuid}", body


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",") if each]


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:6385")
    parser.add_argument("--ramdisk-url", help="where ramdisks call, if elsewhere")
    parser.add_argument("--await-agents", action="store_true", help="lookups need a fitting state")
    parser.add_argument("--microversion", default="1.95")
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("-c", "--concurrency", type=int, default=8)
    parser.add_argument("--ops", type=int, default=1000, help="of get, patch, traits, heartbeat")
    parser.add_argument("--list-ops", type=int, default=50)
    parser.add_argument("--allocations", type=int, default=50)
    parser.add_argument("--deletes", type=int, default=100)
    parser.add_argument("--heartbeat-nodes", type=int, default=200)
    parser.add_argument("--heartbeat-concurrency", type=_numbers, default=[8, 64])
    parser.add_argument("--driver", default="fake-hardware")
    parser.add_argument("--max-seconds", type=float, default=60)
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--steps", default=",".join(STEPS))
    parser.add_argument("--pids", type=_numbers, default=[], help="processes whose CPU to count")
    parser.add_argument("--seed", default="")
    parser.add_argument("--label", default="")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--quiet", action="store_true")
    return parser.parse_args(given)


async def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """Run the steps; the figures of all of them."""
    steps = asked.steps.split(",")
    if unknown := sorted(set(steps) - set(STEPS)):
        raise SystemExit(f"unknown steps: {', '.join(unknown)}")
    bench = Bench(asked)
    if "create_node" not in steps:
        await bench.load_uuids()
    began = time.perf_counter()
    for name in steps:
        await bench.step(name)
    bench.client.close()
    bench.ramdisk.close()
    return {
        "label": asked.label,
        "url": asked.url,
        "microversion": asked.microversion,
        "nodes": asked.nodes,
        "concurrency": asked.concurrency,
        "cpus": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "total_s": round(time.perf_counter() - began, 1),
        "connections_opened": bench.client.reconnects,
        "steps": bench.results,
    }


if __name__ == "__main__":
    _asked = arguments()
    _text = json.dumps(asyncio.run(measure(_asked)), indent=1)
    if _asked.out:
        _asked.out.write_text(_text + "\n")
    else:
        print(_text)
