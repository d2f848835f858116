"""A cloud with one of every kind of object, and how to address each row of the API in it."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.api.baremetal.cloud import VERSION, Cloud, a_cloud
from tests.asgi import Answer
from tests.unit.baremetal.api_rows import OPERATORS

from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.operations.allocations import Allocator

UUID: Final = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"
"""A uuid of nothing."""

_STEP: Final = {"interface": "deploy", "step": "erase_devices", "args": {}}
_RULE: Final = {"op": "set-attribute", "args": {"path": "/extra/seen", "value": "yes"}}

BODIES: Final[dict[str, Callable[[str, int], dict[str, Any]]]] = {
    "/nodes": lambda _node, n: {"driver": "fake-hardware", "name": f"made-{n}"},
    "/ports": lambda node, n: {"node_uuid": node, "address": f"52:54:00:00:01:{n:02x}"},
    "/portgroups": lambda node, n: {"node_uuid": node, "name": f"group-{n}"},
    "/chassis": lambda _node, n: {"description": f"rack {n}"},
    "/volume/connectors": lambda node, n: {
        "node_uuid": node,
        "type": "iqn",
        "connector_id": f"iqn.2026-01.test:{n}",
    },
    "/volume/targets": lambda node, n: {
        "node_uuid": node,
        "volume_type": "iscsi",
        "volume_id": f"volume-{n}",
        "boot_index": n,
    },
    "/allocations": lambda _node, n: {"resource_class": "none-such", "name": f"wanted-{n}"},
    "/deploy_templates": lambda _node, n: {
        "name": f"CUSTOM_TEMPLATE_{n}",
        "steps": [{**_STEP, "priority": 10}],
    },
    "/runbooks": lambda _node, n: {"name": f"CUSTOM_BOOK_{n}", "steps": [{**_STEP, "order": 1}]},
    "/inspection_rules": lambda _node, n: {"description": f"rule {n}", "actions": [_RULE]},
}
"""What makes a small object of each kind: (uuid of a node, a number of one's own) -> body."""


@dataclass
class World:
    """One cloud; `made` is what was created, by the path of its collection."""

    cloud: Cloud
    made: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def node(self) -> str:
        return self.made["/nodes"]["uuid"]

    def body(self, path: str, number: int = 99) -> dict[str, Any]:
        return BODIES[path](self.node if self.made else "", number)

    async def make(self, path: str, number: int) -> dict[str, Any]:
        answer = await self.cloud.client.post(f"/v1{path}", self.body(path, number))
        assert answer.status == 201, (path, answer.content)
        if path == "/allocations":
            # Their background work is over before anybody looks twice.
            await Allocator(self.cloud.desk).round()
            return (await self.cloud.client.get(f"/v1{path}/{answer.json['uuid']}")).json
        return answer.json

    def url(self, row: Endpoint) -> str:
        """The row's address, of what there is."""
        collection, brace, rest = row.path.partition("/{")
        if not brace:
            return f"/v1{row.path}"
        known = {"/drivers": "fake-hardware", "/conductors": "host-1", "/heartbeat": self.node}
        ident = known.get(collection) or self.made.get(collection, {}).get("uuid", UUID)
        tail = re.sub(r"\{\w+\}", "none-such", rest.partition("}")[2])
        return f"/v1{collection}/{ident}{tail}"

    async def ask(
        self, method: str, url: str, body: Any = None, *, minor: int | None = None
    ) -> Answer:
        headers = {} if minor is None else {VERSION: f"1.{minor}"}
        return await self.cloud.client.request(method, url, body, headers=headers)

    async def get(self, url: str, minor: int | None = None) -> Answer:
        return await self.ask("GET", url, minor=minor)


def collections() -> list[Endpoint]:
    """The rows of lists whose objects can be made."""
    return [
        row for row in OPERATORS if row.method == "GET" and row.key and row.pages and creation(row)
    ]


def creation(row: Endpoint) -> Endpoint | None:
    """The row that makes what this one lists or shows."""
    return next(
        (each for each in OPERATORS if each.method == "POST" and each.table is row.table), None
    )


@asynccontextmanager
async def a_world(directory: Path) -> AsyncIterator[World]:
    async with a_cloud(directory) as cloud:
        world = World(cloud)
        paths = [row.path for row in OPERATORS if row.method == "POST" and row.table is not None]
        for path in paths:
            world.made[path] = await world.make(path, 0)
        yield world
