"""A bare metal service with fake hardware, its API and its ramdisk listener, for tests."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from tests.asgi import Answer, AsgiClient
from tests.databases import a_database

from bessemer.baremetal.api.operators import baremetal_services
from bessemer.baremetal.api.ramdisk import ramdisk_service
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.drivers.catalogue import fake_registry
from bessemer.baremetal.interfaces.registry import Registry
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.public import NODE_CHANGED
from bessemer.baremetal.service import EmbeddedBareMetal
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.baremetal.store.fake_machines import FakeMachines
from bessemer.bus.memory import MemoryBus
from bessemer.db.metadata import metadata
from bessemer.web.authentication import noauth
from bessemer.web.dispatch import application

VERSION = "X-OpenStack-Ironic-API-Version"
LATEST = "1.115"
PATIENCE_S = 20


@dataclass
class Cloud:
    """`client` asks for the newest version; `ramdisk` speaks to the second listener."""

    service: EmbeddedBareMetal
    client: AsgiClient
    ramdisk: AsgiClient
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def desk(self) -> Desk:
        return self.service.desk

    async def enrol(self, **fields: Any) -> dict[str, Any]:
        answer = await self.client.post("/v1/nodes", {"driver": "fake-hardware", **fields})
        assert answer.status == 201, answer.content
        return answer.json

    async def add_port(self, node_uuid: str, address: str = "52:54:00:00:00:01", **fields: Any):
        body = {"node_uuid": node_uuid, "address": address, **fields}
        answer = await self.client.post("/v1/ports", body)
        assert answer.status == 201, answer.content
        return answer.json

    async def patch(self, path: str, *operations: tuple[Any, ...], **headers: str) -> Answer:
        """Each operation: (op, path) or (op, path, value)."""
        names = ("op", "path", "value")
        body = [dict(zip(names, each, strict=False)) for each in operations]
        return await self.client.patch(path, body, **headers)

    async def put_in_state(self, node_uuid: str, state: State, **changes: Any) -> Node:
        """Set states and fields behind the API's back, as the engine would have left them."""
        async with self.desk.shelves.database.write() as connection:
            node = await self.desk.shelves.nodes.get(connection, node_uuid)
            changed = replace(node, provision_state=state, **changes)
            await self.desk.shelves.nodes.save(connection, changed)
            await self.desk.shelves.nodes.save_states(connection, changed)
        return changed

    async def stored(self, node_uuid: str) -> Node:
        async with self.desk.reading() as connection:
            return await self.desk.shelves.nodes.get(connection, node_uuid)

    async def everything_stored(self) -> str:
        """Every value of every table."""
        async with self.desk.reading() as connection:
            tables = [(await connection.execute(select(t))).all() for t in metadata.sorted_tables]
        return str(tables)

    async def until(self, node_uuid: str, reached: Callable[[Any], bool]) -> dict[str, Any]:
        """The node as the API shows it, once `reached`; events wake, the deadline ends."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self.changed.clear()
                node = (await self.client.get(f"/v1/nodes/{node_uuid}")).json
                if reached(node):
                    return node
                await self.changed.wait()

    async def until_state(self, node_uuid: str, state: str) -> dict[str, Any]:
        return await self.until(node_uuid, lambda node: node["provision_state"] == state)

    async def manage(self, node_uuid: str) -> dict[str, Any]:
        url = f"/v1/nodes/{node_uuid}/states/provision"
        assert (await self.client.put(url, {"target": "manage"})).status == 202
        return await self.until_state(node_uuid, "manageable")


def fault(answer: Answer) -> str:
    """The sentence inside an error body, decoded twice as clients do."""
    inner = inner_error(answer)
    assert set(inner) >= {"faultcode", "faultstring", "debuginfo"}
    assert inner["faultcode"] == ("Server" if answer.status >= 500 else "Client")
    return inner["faultstring"]


def inner_error(answer: Answer) -> dict[str, Any]:
    """The object inside an error body."""
    outer = answer.json
    assert set(outer) == {"error_message"}
    return json.loads(outer["error_message"])


@asynccontextmanager
async def a_cloud(
    directory: Path,
    hardware_of: Callable[[BareMetalSettings, FakeMachines], Registry] = fake_registry,
    **settings: Any,
) -> AsyncIterator[Cloud]:
    always = {"automated_clean": False, "hash_ring_reset_interval": timedelta(0)}
    tree = BareMetalSettings(**{**always, **settings})
    bus = MemoryBus()
    async with a_database(directory) as database:
        hardware = hardware_of(tree, FakeMachines(database))
        service = EmbeddedBareMetal(database, bus, hardware, tree, directory, "host-1")
        await service.start()
        operators = application(baremetal_services(service.desk), noauth())
        ramdisk = application([ramdisk_service(service.desk)], noauth())
        headers = {VERSION: LATEST}
        cloud = Cloud(service, AsgiClient(operators, headers), AsgiClient(ramdisk, headers))

        async def note(_message: Any) -> None:
            cloud.changed.set()

        unsubscribe = bus.subscribe(NODE_CHANGED, note)
        yield cloud
        unsubscribe()
        await service.stop()
        await bus.close()
