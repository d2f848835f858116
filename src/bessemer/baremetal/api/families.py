"""How nodes belong together: a node's children, and the shards of the fleet."""

from dataclasses import dataclass

from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.links import api_url, links
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.queries import refuse_unknown
from bessemer.baremetal.operations.desk import Desk
from bessemer.web.routes import Call, Reply


@dataclass(frozen=True, slots=True)
class FamiliesApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        return (
            Endpoint("GET", "/nodes/{ident}/children", self.children, "baremetal:node:get", 83),
            Endpoint("GET", "/shards", self.shards, "baremetal:shards:get", 82),
        )

    async def children(self, call: Call) -> Reply:
        """The uuids of the nodes that have this one as their parent."""
        refuse_unknown(call)
        async with self.desk.reading() as connection:
            parent = await self.desk.shelves.nodes.get(connection, ident_of(call))
            children = await self.desk.shelves.nodes.children(connection, parent.uuid)
        path = f"nodes/{parent.uuid}/children"
        return Reply({"children": list(children), "links": links(api_url(call), path)})

    async def shards(self, call: Call) -> Reply:
        """Every shard with its number of nodes, the biggest first; nodes in none are under `None`."""
        refuse_unknown(call)
        async with self.desk.reading() as connection:
            found = await self.desk.shelves.nodes.shards(connection)
        return Reply({"shards": [{"name": str(name), "count": n} for name, n in found.items()]})
