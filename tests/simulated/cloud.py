"""A compute service on a real database, among simulated neighbours."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.databases import a_database
from tests.simulated.baremetal import SimulatedBareMetal, SimulatedNode
from tests.simulated.images import SimulatedImages, an_image
from tests.simulated.network import SimulatedNetwork, a_network

from bessemer.bus.memory import MemoryBus
from bessemer.compute.domain.flavor import Flavor
from bessemer.compute.domain.server import NetworkRequest, Server, VmState
from bessemer.compute.operations.create_server import Wish
from bessemer.compute.service import EmbeddedCompute
from bessemer.compute.settings import ComputeSettings
from bessemer.compute.store.flavors import add_flavor
from bessemer.compute.store.servers import find_server
from bessemer.context import RequestContext
from bessemer.db.engine import Database

SOMEBODY = RequestContext(
    request_id="req-00000000-0000-4000-8000-000000000001",  # type: ignore[arg-type]
    user_id="ann",
    project_id="shop",
    roles=frozenset({"member"}),
)
GOLD = Flavor("1", "gold", 1, 1024, 2, extra_specs={"resources:CUSTOM_GOLD": "1"})
TIMEOUT_S = 10.0


@dataclass
class ComputeCloud:
    database: Database
    bus: MemoryBus
    baremetal: SimulatedBareMetal
    network: SimulatedNetwork
    images: SimulatedImages
    settings: ComputeSettings
    compute: EmbeddedCompute = field(init=False)

    def new_compute(self) -> EmbeddedCompute:
        self.compute = EmbeddedCompute(
            self.database, self.bus, self.settings, self.baremetal, self.network, self.images
        )
        return self.compute

    @property
    def tenant(self) -> str:
        return next(iter(self.network.networks))

    @property
    def image_id(self) -> str:
        return next(iter(self.images.images))

    def wish(self, **fields: Any) -> Wish:
        values: dict[str, Any] = {
            "name": "web",
            "flavor_id": "1",
            "image_id": self.image_id,
            "networks": (NetworkRequest(self.tenant),),
        }
        return Wish(**(values | fields))

    async def create(self, **fields: Any) -> Server:
        (server,) = await self.compute.create_servers(SOMEBODY, self.wish(**fields))
        return server

    async def server(self, server_id: str) -> Server:
        async with self.database.read() as connection:
            server = await find_server(connection, server_id)
        assert server is not None
        return server

    async def until(self, server_id: str, reached: Callable[[Server], bool]) -> Server:
        """Wait until the server is as asked; a poll with a deadline, for tests only."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                server = await self.server(server_id)
                if reached(server):
                    return server
                await asyncio.sleep(0.005)

    async def until_state(self, server_id: str, *states: VmState) -> Server:
        """Wait until it rests in one of these states."""
        return await self.until(server_id, lambda s: s.vm_state in states and s.goal is None)


@asynccontextmanager
async def a_compute_cloud(
    directory: Path, *nodes: SimulatedNode, start: bool = True, **settings: Any
) -> AsyncIterator[ComputeCloud]:
    bus = MemoryBus()
    async with a_database(directory) as database:
        async with database.write() as connection:
            await add_flavor(connection, GOLD)
        cloud = ComputeCloud(
            database,
            bus,
            SimulatedBareMetal(bus, *nodes),
            SimulatedNetwork([a_network("tenant-a", 1), a_network("tenant-b", 2)]),
            SimulatedImages(an_image()),
            ComputeSettings(**({"sweep_interval": timedelta(seconds=60)} | settings)),
        )
        compute = cloud.new_compute()
        if start:
            await compute.start()
        yield cloud
        await cloud.compute.stop()
        await cloud.baremetal.close()
        await bus.close()
