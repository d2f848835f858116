"""The embedded compute service: accepts requests for servers and carries them out in this process."""

from dataclasses import replace

from bessemer.baremetal.public import BareMetalService
from bessemer.bus.bus import Bus
from bessemer.clock import now
from bessemer.compute.domain.server import Server
from bessemer.compute.operations.create_server import Wish, create_servers
from bessemer.compute.operations.delete_server import delete_server
from bessemer.compute.operations.power import PowerControl
from bessemer.compute.operations.rooms import Rooms
from bessemer.compute.operations.worker import TOPIC, Worker
from bessemer.compute.settings import ComputeSettings
from bessemer.compute.store.servers import get_server, save_server
from bessemer.context import RequestContext
from bessemer.db.engine import Database
from bessemer.errors import NotFound
from bessemer.image.public import ImageService
from bessemer.network.public import NetworkService


class EmbeddedCompute:
    """Nova's job for bare metal. The schema must be up to date."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        settings: ComputeSettings,
        baremetal: BareMetalService,
        network: NetworkService,
        images: ImageService,
    ) -> None:
        self.rooms = Rooms(database, baremetal, network, images, settings)
        self.power = PowerControl(self.rooms)
        self._bus = bus
        self._worker = Worker(self.rooms, bus, self.power)

    async def start(self) -> None:
        """Take up what was in hand, and listen."""
        await self._worker.start()

    async def stop(self) -> None:
        """What is in hand is taken up at the next start."""
        await self._worker.stop()

    async def create_servers(self, context: RequestContext, wish: Wish) -> list[Server]:
        """Accept a request; the build goes on in the background. See `create_servers`."""
        if self.rooms.settings.force_config_drive:
            wish = replace(wish, config_drive=True)
        servers = await create_servers(self.rooms, context, wish)
        for server in servers:
            await self._nudge(server.id)
        return servers

    async def delete_server(self, context: RequestContext, server_id: str) -> None:
        """Accept a delete; idempotent until the server is gone, then NotFound."""
        await self.get_server(context, server_id)
        await delete_server(self.rooms, context, server_id)
        await self._nudge(server_id)

    async def get_server(self, context: RequestContext, server_id: str) -> Server:
        """Raises NotFound, also for another project's server unless an administrator asks."""
        async with self.rooms.database.read() as connection:
            server = await get_server(connection, server_id)
        if not context.is_admin and server.project_id != context.project_id:
            raise NotFound(f"Instance {server_id} could not be found.")
        return server

    async def change_server(
        self, context: RequestContext, server_id: str, **changes: object
    ) -> Server:
        """Set `name`, `description`, `hostname`, `metadata` or `tags`."""
        await self.get_server(context, server_id)
        async with self.rooms.database.write() as connection:
            server = await get_server(connection, server_id)
            return await save_server(connection, replace(server, **changes), now())  # type: ignore[arg-type]

    async def _nudge(self, server_id: str) -> None:
        await self._bus.publish(TOPIC, {"server_id": server_id})
